using System.Collections;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>A program started beside this one. Every descriptor is closed in it, except those made for it here.</summary>
internal sealed class ChildProcess
{
    /// <summary>The exit code of a process whose end cannot be learnt.</summary>
    private const int Lost = 2;

    private static readonly string[] SystemDirectories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
    private static readonly string SystemPath = $"PATH={string.Join(':', SystemDirectories)}";

    private readonly int _process;

    private ChildProcess(int process) => _process = process;

    /// <summary>Starts a program from PATH, or from a path.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static ChildProcess Start(string program, IReadOnlyList<string> arguments, params ReadOnlySpan<(string Name, string Value)> variables)
    {
        List<string?> environment = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            environment.Add($"{variable.Key}={variable.Value}");
        }

        foreach ((string name, string value) in variables)
        {
            environment.Add($"{name}={value}");
        }

        int error = Libc.Spawn(out int process, program, actions: 0, attributes: 0, [program, .. arguments, null], [.. environment, null]);
        return error == 0 ? new(process) : throw new IOException($"cannot start {program}: {Libc.Describe((Errno)error)}");
    }

    /// <summary>Starts a program in a session of its own, with an empty environment and these descriptors alone.</summary>
    /// <param name="program">From the system's own directories, whatever the caller's PATH says.</param>
    /// <param name="arguments">Its words, without its name.</param>
    /// <param name="descriptors">Which file it finds under which number.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    public static ChildProcess StartAlone(string program, IReadOnlyList<string> arguments, params ReadOnlySpan<(SafeFileHandle File, int Number)> descriptors)
    {
        string place = SystemDirectories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists)
            ?? throw new IOException($"{program} is not installed");
        using SpawnSettings settings = new();
        List<SafeFileHandle> copies = [];
        try
        {
            foreach ((SafeFileHandle file, int number) in descriptors)
            {
                // A number that is still to be given away must not be the one that is just being given.
                SafeFileHandle copy = Libc.DuplicateAbove(file);
                copies.Add(copy);
                settings.Give(copy, number);
            }

            int error = settings.Spawn(place, [program, .. arguments, null], [SystemPath, null], out int process);
            return error == 0 ? new(process) : throw new IOException($"cannot start {program}: {Libc.Describe((Errno)error)}");
        }
        finally
        {
            copies.ForEach(copy => copy.Dispose());
        }
    }

    /// <summary>Waits for the end and gives the exit code; a signal counts as 128 and its number.</summary>
    public int Wait()
    {
        const int signalMask = 0x7F;
        int status;
        while (Libc.WaitFor(_process, out status, options: 0) < 0)
        {
            if (Libc.LastError != Errno.Interrupted)
            {
                return Lost;
            }
        }

        return (status & signalMask) == 0 ? (status >> 8) & 0xFF : 128 + (status & signalMask);
    }

    /// <summary>Two connected sockets: the second one survives into the child.</summary>
    public static (SafeFileHandle Ours, SafeFileHandle Theirs) MakeSocketPair()
    {
        Span<int> ends = stackalloc int[2];
        return Inherit(Libc.SocketPair(Libc.LocalDomain, Libc.StreamSocket | Libc.CloseOnExecSocket, protocol: 0, ends), ends);
    }

    /// <summary>A pipe: what the child writes into its end comes out of ours.</summary>
    public static (SafeFileHandle Ours, SafeFileHandle Theirs) MakePipe()
    {
        Span<int> ends = stackalloc int[2];
        return Inherit(Libc.Pipe(ends, Libc.CloseOnExecSocket), ends);
    }

    private static (SafeFileHandle Ours, SafeFileHandle Theirs) Inherit(int result, ReadOnlySpan<int> ends)
    {
        if (result < 0)
        {
            throw new IOException($"cannot make a pair of descriptors: {Libc.Describe(Libc.LastError)}");
        }

        (SafeFileHandle Ours, SafeFileHandle Theirs) pair = (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
        _ = Libc.ControlDescriptor(pair.Theirs, Libc.SetDescriptorFlags, argument: 0);
        return pair;
    }
}
