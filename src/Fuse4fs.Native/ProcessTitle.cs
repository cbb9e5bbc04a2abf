using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Fuse4fs.Native;

/// <summary>What listings of processes show of this one: its command line, written over where it stands. That takes no right.</summary>
/// <remarks>A new process has its strings one behind the other: arguments, environment, the program's name. A listing begins where the
/// arguments begin; a text that runs over their end is shown up to its NUL: proc_pid_cmdline(5).</remarks>
internal sealed unsafe partial class ProcessTitle
{
    private const nuint ProgramName = 31;

    private readonly byte* _start;
    private readonly int _room;

    private ProcessTitle(byte* start, int room)
    {
        _start = start;
        _room = room;
    }

    /// <summary>Finds where this process's command line stands. The runtime takes its copy of the environment first.</summary>
    /// <returns>Null where the strings do not lie as they should: there is no title then.</returns>
    public static ProcessTitle? Find()
    {
        byte[] arguments = [.. Environment.GetCommandLineArgs().SelectMany(Terminated)];
        int environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Sum(entry => Terminated($"{entry.Key}={entry.Value}").Length);
        byte* end = (byte*)AuxiliaryValue(ProgramName);
        int room = arguments.Length + environment;
        byte* start = end - room;

        // All of it lies above this frame, on the stack that the first thread began with.
        byte* here = (byte*)&room;
        return start > here && new ReadOnlySpan<byte>(start, arguments.Length).SequenceEqual(arguments) ? new(start, room) : null;
    }

    /// <summary>Shows a text; its end is left out where there is no room for it.</summary>
    public void Show(string text)
    {
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> room = new(_start, _room);
        bytes = bytes[..Math.Min(bytes.Length, room.Length - 1)];
        bytes.CopyTo(room);
        room[bytes.Length..].Clear();
    }

    private static byte[] Terminated(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    /// <summary>getauxval(3): what the kernel told this process when it began.</summary>
    [LibraryImport("libc", EntryPoint = "getauxval")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint AuxiliaryValue(nuint type);
}
