using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>Memory pressure: waiting for it, and giving memory back.</summary>
internal static partial class Libc
{
    private const int PageNotNeeded = 4;
    private const short PollPriority = 2;

    /// <summary>poll(2): waits until one of the files says that it is urgent, or the time is up.</summary>
    /// <returns>False where a file says nothing any more.</returns>
    public static bool WaitForPriority(IReadOnlyList<SafeFileHandle> files, TimeSpan patience)
    {
        Span<PollEntry> entries = stackalloc PollEntry[files.Count + 1];
        for (int index = 0; index < files.Count; index++)
        {
            entries[index] = new() { Descriptor = (int)files[index].DangerousGetHandle(), Wanted = PollPriority };
        }

        int count;
        do
        {
            count = Poll(ref entries[0], (nuint)files.Count, (int)patience.TotalMilliseconds);
        }
        while (count < 0 && LastError == Errno.Interrupted);

        foreach (PollEntry entry in entries[..files.Count])
        {
            count = (entry.Happened & ~PollPriority) == 0 ? count : -1;
        }

        return count >= 0;
    }

    /// <summary>madvise(2): the whole pages of a piece of memory are empty from now on, and cost nothing until they are used.</summary>
    public static unsafe void GiveBack(Span<byte> memory)
    {
        fixed (byte* start = memory)
        {
            nint first = ((nint)start + PageBuffer.PageSize - 1) & -PageBuffer.PageSize;
            nint end = (nint)(start + memory.Length) & -PageBuffer.PageSize;
            if (first < end)
            {
                _ = Advise(first, (nuint)(end - first), PageNotNeeded);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nint address, nuint length, int advice);
}
