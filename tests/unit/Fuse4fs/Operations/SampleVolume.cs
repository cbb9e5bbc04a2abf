using Ext4Core;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Operations;
using Fuse4fs.Options;
using Fuse4fs.UnitTests.Logging;
using Fuse4fs.Wire;
using TestSupport;

namespace Fuse4fs.UnitTests.Operations;

/// <summary>A small volume in memory, and operations on it as a worker runs them.</summary>
internal sealed class SampleVolume : IDisposable
{
    public const uint FileBytes = 5 * 1024;

    private const int LinkCount = 0x1A, ExtentRoot = 0x28;

    private readonly Volume _volume;
    private readonly Serving _serving;

    public SampleVolume(bool answersOpens = false, bool showsLists = true)
    {
        ImageBuilder builder = new(VolumeShape.Ext4);
        File = builder.AddFile("file", [new(0, 2), new(4, 1)]);
        Damaged = builder.AddFile("damaged", [new(0, 1)]);
        builder.Inode(Damaged)[ExtentRoot] ^= 0xFF;
        builder.SealInode(Damaged);
        Deleted = builder.AddInode(ImageBuilder.FileMode);
        builder.Inode(Deleted).Slice(LinkCount, sizeof(ushort)).Clear();
        builder.SealInode(Deleted);
        _volume = builder.Mount();
        Log = new();
        _serving = new(new(_volume, new(new EventLog(Log), ErrorPolicy.Continue, () => { }), showsLists, answersOpens));
    }

    public RecordingLog Log { get; }

    /// <summary>Two blocks of data, two of hole, one of data.</summary>
    public uint File { get; }

    /// <summary>A file whose extent root has no magic.</summary>
    public uint Damaged { get; }

    /// <summary>An inode that nothing refers to any more.</summary>
    public uint Deleted { get; }

    public byte[] Reply { get; } = new byte[1 << 20];

    public Answer Run(byte[] message)
    {
        Assert.True(Request.TryParse(message, out Request request));
        return Operation.Run(_serving, request, Reply);
    }

    public Answer Run(Opcode opcode, ulong nodeId, params ReadOnlySpan<byte> body) => Run(RequestBytes.Of(opcode, nodeId, body));

    public void Dispose() => _volume.Dispose();
}
