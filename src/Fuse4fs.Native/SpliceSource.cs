using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>A volume whose bytes the kernel can take by itself.</summary>
/// <param name="File">The file or block device, read through the system's page cache. Whoever opened it closes it.</param>
/// <param name="Start">Bytes on it before the volume begins.</param>
internal sealed record SpliceSource(SafeFileHandle File, long Start);
