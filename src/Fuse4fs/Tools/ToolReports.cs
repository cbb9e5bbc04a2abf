using System.Text.Json.Serialization;
using Ext4Core;
using Ext4Core.Integrity;

namespace Fuse4fs.Tools;

/// <summary>One damage report, for machines.</summary>
internal sealed record DamageReport(
    int Code, string Name, string Scope, string Structure, ulong Block, int Offset, uint Inode, ulong Found, ulong Expected,
    string Text)
{
    public static DamageReport Of(CorruptionException damage) => new(
        (int)damage.Code, damage.Code.ToString(), damage.Scope.ToString(), damage.Where.Structure.ToString(), damage.Where.Block,
        damage.Where.Offset, damage.Where.Inode, damage.Found, damage.Expected, damage.Message);
}

/// <summary>What <c>check</c> found, for machines.</summary>
internal sealed record CheckReport(string Image, string Verdict)
{
    /// <summary>Why the volume was refused; null when it was not.</summary>
    public string? Reason { get; init; }

    public long ReportCount { get; init; }

    public IReadOnlyList<DamageReport> Reports { get; init; } = [];

    public IReadOnlyList<string> Skipped { get; init; } = [];

    public IReadOnlyList<VolumeNotice> Notices { get; init; } = [];

    public long Inodes { get; init; }

    public long Directories { get; init; }

    public long Entries { get; init; }

    public long Blocks { get; init; }
}

/// <summary>What <c>info</c> shows, for machines. Times are seconds since 1970.</summary>
internal sealed record InfoReport(string Image)
{
    public string Verdict { get; init; } = "";

    public string? Reason { get; init; }

    public string Label { get; init; } = "";

    public string Uuid { get; init; } = "";

    public string LastMountedOn { get; init; } = "";

    public uint Revision { get; init; }

    public IReadOnlyList<string> Features { get; init; } = [];

    public string State { get; init; } = "";

    public bool IsChecksumRight { get; init; }

    public ulong BlockSize { get; init; }

    public ulong ClusterSize { get; init; }

    public ulong BlocksCount { get; init; }

    public ulong ReservedBlocks { get; init; }

    public ulong FreeBlocks { get; init; }

    public uint InodesCount { get; init; }

    public uint FreeInodes { get; init; }

    public int InodeSize { get; init; }

    public uint FirstInode { get; init; }

    public ulong Groups { get; init; }

    public uint BlocksPerGroup { get; init; }

    public uint InodesPerGroup { get; init; }

    public ulong GroupsPerFlex { get; init; }

    public int DescriptorSize { get; init; }

    public string Journal { get; init; } = "";

    public string MultipleMountProtection { get; init; } = "";

    public string Orphans { get; init; } = "";

    public long CreationTime { get; init; }

    public long MountTime { get; init; }

    public long WriteTime { get; init; }

    public long LastCheckTime { get; init; }

    public int MountCount { get; init; }

    public int MaximumMountCount { get; init; }

    public ulong KilobytesWritten { get; init; }

    public uint ErrorCount { get; init; }

    public long FirstErrorTime { get; init; }

    public string FirstErrorFunction { get; init; } = "";

    public uint FirstErrorInode { get; init; }

    public ulong FirstErrorBlock { get; init; }

    public long LastErrorTime { get; init; }

    public IReadOnlyList<VolumeNotice> Notices { get; init; } = [];
}

/// <summary>Serializers made at compile time: the native binary has no reflection to make them with.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(InfoReport))]
internal sealed partial class ToolJson : JsonSerializerContext;
