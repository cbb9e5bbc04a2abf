using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Fuse4fs.Service;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Pressure;

/// <summary>Gives memory back where the system or the service's own group of processes is short of it, and now and then anyway, so that
/// a volume that nobody uses costs little. Where the kernel or the helper has no pressure files, only the clock is left.</summary>
/// <remarks>Linux, Documentation/accounting/psi.rst: a trigger that was written to such a file makes it readable out of band.</remarks>
internal sealed class PressureWatch
{
    private const string SystemFile = "/proc/pressure/memory", GroupRoot = "/sys/fs/cgroup/", GroupVariable = "MEMORY_PRESSURE_WATCH";
    private const int StackBytes = 128 << 10;

    /// <summary>Somebody waits for memory for a tenth of two seconds: without privilege the window is a multiple of those.</summary>
    private static ReadOnlySpan<byte> Trigger => "some 202002 2000000\n"u8;

    private readonly IReadOnlyList<SafeFileHandle> _files;
    private readonly TimeSpan _interval;

    /// <summary>Watches files whose triggers are set.</summary>
    /// <param name="files">They belong to this object.</param>
    /// <param name="interval">How long to wait for pressure before memory is given back without it.</param>
    internal PressureWatch(IReadOnlyList<SafeFileHandle> files, TimeSpan interval) => (_files, _interval) = (files, interval);

    /// <summary>Asks for the files, of the system and of the own group. None of them is needed, so a refusal is nobody's concern.</summary>
    public static PressureWatch Ask(HelperConversation helper)
    {
        const int flags = Libc.OpenReadWrite | Libc.OpenNonBlocking;
        List<SafeFileHandle> files = [];
        foreach (string path in Paths(Environment.GetEnvironmentVariable(GroupVariable)))
        {
            if (helper.TryOpen(path, flags, OpenRequestFlags.Quiet, out SafeFileHandle? file) != Errno.None)
            {
                continue;
            }

            if (Libc.Write(file!, Trigger, (nuint)Trigger.Length) == Trigger.Length)
            {
                files.Add(file!);
            }
            else
            {
                file!.Dispose();
            }
        }

        return new(files, TimeSpan.FromMinutes(5));
    }

    /// <summary>The files to ask for.</summary>
    /// <param name="group">What the service manager names: the group's file, or a file that means none.</param>
    internal static IEnumerable<string> Paths(string? group) =>
        group is not null && group.StartsWith(GroupRoot, StringComparison.Ordinal) ? [SystemFile, group] : [SystemFile];

    /// <summary>Watches, until the process ends or the files do.</summary>
    /// <param name="giveBack">Gives memory back; called by the watching thread.</param>
    public void Start(Action giveBack)
    {
        Thread thread = new(() =>
        {
            while (Libc.WaitForPriority(_files, _interval))
            {
                giveBack();
            }
        }, StackBytes) { IsBackground = true, Name = "psi:memory" };
        thread.Start();
    }
}
