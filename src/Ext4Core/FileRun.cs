using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>How a run of a file's bytes can be had.</summary>
public enum FileRunKind
{
    /// <summary>A hole, or allocated and never written: zeros.</summary>
    Zeros,

    /// <summary>Plain bytes on the device.</summary>
    OnDevice,

    /// <summary>Only <see cref="Volume.Read"/> can give it: inline, verified or overlaid by the journal.</summary>
    ReadOnly,
}

/// <summary>A run of a file's bytes that are all to be had in the same way.</summary>
/// <param name="Kind">How.</param>
/// <param name="Offset">Where on the device; meaningful for <see cref="FileRunKind.OnDevice"/>.</param>
/// <param name="Length">Bytes, at least one.</param>
public readonly record struct FileRun(FileRunKind Kind, DeviceOffset Offset, long Length);

/// <summary>What <see cref="Volume.Seek"/> looks for.</summary>
public enum SeekTarget
{
    /// <summary>The next byte with data: SEEK_DATA.</summary>
    Data,

    /// <summary>The next hole, the end of the file at the latest: SEEK_HOLE.</summary>
    Hole,
}
