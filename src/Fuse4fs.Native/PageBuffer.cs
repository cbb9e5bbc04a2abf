using System.Runtime.InteropServices;

namespace Fuse4fs.Native;

/// <summary>Page-aligned memory outside the managed heap, taken once and zeroed by the system: pages that are never
/// touched cost nothing.</summary>
internal sealed unsafe class PageBuffer : IDisposable
{
    public const int PageSize = 4096;

    private readonly int _length;
    private void* _pages;

    public PageBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        _length = length;
        _pages = NativeMemory.AlignedAlloc((nuint)length, PageSize);
    }

    /// <summary>All of it. A span must not outlive the buffer.</summary>
    public Span<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pages is null, this);
            return new(_pages, _length);
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_pages);
        _pages = null;
    }
}
