using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fuse4fs.Mount;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;
using HelperOutcome = Fuse4fs.Mount.Outcome;

namespace Ext4Safety.Fuzz.Conversations;

/// <summary>What a helper may say and do, read off the bytes that it hears and the words that its caller wrote: one answer to each
/// question, no file but those that the caller named, no option and no flag beyond those that he may have.</summary>
internal sealed class HelperRules : IConversationRules
{
    private const uint Open = 0x4F50454E, OpenBlockDevice = 0x42444556, Type = 0x54595045, Source = 0x4E414D45, MountPoint = 0x4D4E5450,
        Options = 0x4F505453, TableOptions = 0x4D544142, Mount = 0x444F4954, Goodbye = 0x42594545;

    private const uint Invalid = 22, ReadOnly = 1, NoSetUserId = 2, NoDevices = 4, NoExecution = 8, NoSymbolicLinks = 0x100, AllMountFlags = 0xD9F;
    private const uint ReadWrite = 2, AllowedOpenFlags = 0x1A_D882;

    private readonly List<(Deed Deed, string Key, string? Value, Errno Error)> _deeds = [];
    private readonly List<SafeFileHandle> _opened = [];
    private readonly HashSet<uint> _done = [];
    private readonly byte[] _heard = new byte[1 << 16];
    private Invocation _invocation = null!;
    private RecordedMounting _world = null!;
    private SafeFileHandle? _sealed, _fuse, _file;
    private Stage _stage;
    private uint? _mounted;
    private Errno _openError;
    private int _heardLength;
    private bool _hasOpened, _isMounted, _isEnded;

    private enum Stage
    {
        Hello,
        HelloReply,
        Arguments,
        Device,

        /// <summary>The server asks.</summary>
        Question,

        /// <summary>The helper answers.</summary>
        Answer,

        /// <summary>The server has said goodbye, in a packet of the wrong size: it may be told.</summary>
        BadGoodbye,

        Over,
    }

    /// <summary>Everything that was said and done.</summary>
    public Digest Digest { get; private set; }

    /// <summary>Watches another conversation.</summary>
    public void Begin(Invocation invocation, RecordedMounting world)
    {
        (_invocation, _world, _stage, Digest) = (invocation, world, Stage.Hello, default);
        (_sealed, _fuse, _file, _mounted, _heardLength) = (null, null, null, null, 0);
        (_hasOpened, _isMounted, _isEnded) = (false, false, false);
        _deeds.Clear();
        _opened.Clear();
        _done.Clear();
    }

    /// <inheritdoc/>
    public void HearsNothing() => _stage = Stage.Over;

    /// <inheritdoc/>
    public void Hears(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor)
    {
        Require(_stage is Stage.HelloReply or Stage.Question, "the helper listens where it is the one to speak");
        packet.CopyTo(_heard);
        _heardLength = packet.Length;
        _deeds.Clear();
        (_hasOpened, _mounted, _file) = (false, null, null);
        if (descriptor is not null)
        {
            _stage = Stage.Over;
        }
        else if (_stage == Stage.HelloReply)
        {
            _stage = packet.SequenceEqual((ReadOnlySpan<byte>)[0x4C, 0x41, 0x53, 0x54, 0, 1, 0, 0]) ? Stage.Arguments : Stage.Over;
        }
        else
        {
            _isEnded = Kind == Goodbye && packet.Length == 8;
            _stage = Kind switch
            {
                Open or OpenBlockDevice or Type or Source or MountPoint or Options or TableOptions or Mount => Stage.Answer,
                Goodbye when !_isEnded => Stage.BadGoodbye,
                _ => Stage.Over,
            };
        }
    }

    /// <inheritdoc/>
    public void Says(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor)
    {
        Digest = Digest.Add(packet).Add(descriptor is null ? 0ul : 1);
        switch (_stage)
        {
            case Stage.Hello:
                byte grants = (byte)((_world.IsRoot ? 2 : 0) | (_world.MayAllowOthers ? 1 : 0));
                Require(packet.SequenceEqual((ReadOnlySpan<byte>)[0x53, 0x41, 0x46, 0x54, 0, 1, 0, 1, 0, 0, 0, grants]) && descriptor is null, "the helper says hello otherwise");
                _stage = Stage.HelloReply;
                break;
            case Stage.Arguments:
                Require(IsFile(packet, "argv"u8, 0) && descriptor is not null && descriptor == _sealed, "the helper passes other arguments on");
                _stage = Stage.Device;
                break;
            case Stage.Device:
                Require(IsFile(packet, "fusedev"u8, 0) && descriptor is not null && descriptor == _fuse, "the helper passes another device on");
                _stage = Stage.Question;
                break;
            case Stage.Answer:
                CheckAnswer(packet, descriptor);
                _stage = Stage.Question;
                break;
            default:
                Require(_stage == Stage.BadGoodbye && IsReply(packet, Invalid) && descriptor is null, "the helper speaks when all is over");
                _stage = Stage.Over;
                break;
        }
    }

    /// <summary>The command line goes into a file.</summary>
    public void Seals(ReadOnlySpan<byte> arguments, SafeFileHandle file)
    {
        Require(_stage == Stage.Arguments && _sealed is null, "the helper writes its arguments down twice");
        Require(arguments.IndexOf(Encoding.UTF8.GetBytes(_invocation.MountPoint)) > 0, "the arguments lack the mount point");
        _sealed = file;
    }

    /// <summary>The FUSE device is opened.</summary>
    public void OpensFuse(SafeFileHandle file)
    {
        Require(_stage == Stage.Device && _fuse is null, "the helper opens the device twice");
        _fuse = file;
    }

    /// <summary>A file is opened.</summary>
    public void Opens(string path, int flags, FileWants wants, SafeFileHandle? file, Errno error)
    {
        bool isCommand = _stage == Stage.Answer && Kind is Open or OpenBlockDevice && !_hasOpened && !_done.Contains(Type);
        Require(isCommand && Text(20).SequenceEqual(Encoding.UTF8.GetBytes(path)) && (uint)flags == Number(4), "the helper opens what it was not asked for");
        Require((flags & ~AllowedOpenFlags) == 0 && MayOpen(path, flags, wants), $"the helper opens {path} with 0x{flags:x} as {wants}");
        (_hasOpened, _openError, _file) = (true, error, file);
        Digest = Digest.Add((ulong)wants).Add((long)flags);
        if (file is not null)
        {
            _opened.Add(file);
        }
    }

    /// <summary>The mount is described to the kernel.</summary>
    public void Does(Deed deed, string key, string? value, Errno error)
    {
        Require(_stage == Stage.Answer, "the helper does what nobody asked for");
        _deeds.Add((deed, key, value, error));
        Digest = Digest.Add((ulong)deed).Add(Encoding.UTF8.GetBytes(key)).Add((ulong)error);
    }

    /// <summary>The kernel mounts.</summary>
    public void Mounts(uint flags)
    {
        Require(_stage == Stage.Answer && Kind == Mount && _heardLength == 8 && !_done.Contains(Mount), "the helper mounts what it was not asked for, or twice");
        Require(_done.Contains(Type) && _done.Contains(Source) && _done.Contains(MountPoint), "the helper mounts what is not described");
        uint asked = Number(4), forced = Forced();
        Require((asked & ~AllMountFlags) == 0 && flags == (asked | forced), $"flags 0x{flags:x} for 0x{asked:x}, and 0x{forced:x} are forced");
        _done.Add(Mount);
        _mounted = flags;
        Digest = Digest.Add((ulong)flags);
    }

    /// <summary>Looks at what is left when all is over.</summary>
    /// <param name="passed">Every descriptor that reached the helper.</param>
    /// <param name="outcome">What it makes of the conversation; null where it was broken off.</param>
    public void End(IEnumerable<SafeFileHandle> passed, HelperOutcome? outcome)
    {
        Require(passed.Concat(_opened).All(file => file.IsClosed) && (_sealed?.IsClosed ?? true), "the helper leaves a descriptor open");
        Require(outcome is not null == _isEnded, "the helper ends a conversation that is not over, or goes on after goodbye");
        Require(outcome is null || outcome.IsMounted == (_isMounted && Number(4) == 0), "the helper takes a failure for a mount, or a mount for a failure");
    }

    private uint Kind => _heardLength < 4 ? 0 : Number(0);

    private uint Number(int at) => BinaryPrimitives.ReadUInt32BigEndian(_heard.AsSpan(at));

    /// <summary>The text at the end of the packet that was heard; nothing where it is malformed.</summary>
    private ReadOnlySpan<byte> Text(int header)
    {
        ReadOnlySpan<byte> packet = _heard.AsSpan(0, _heardLength);
        return packet.Length >= header + 2 && packet[^1] == 0 ? packet[header..(header + packet[header..].IndexOf((byte)0))] : default;
    }

    private void CheckAnswer(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor)
    {
        if (Kind is Open or OpenBlockDevice)
        {
            ReadOnlySpan<byte> path = Text(20);
            uint opened = packet.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
            Require(IsFile(packet, path.IsEmpty ? "?"u8 : path, opened), "a file is answered with another name");
            Require(!path.IsEmpty && Number(12) <= 1 || (opened == Invalid && !_hasOpened), "a malformed request is taken");
            Require(descriptor == _file && (opened == 0) == (_file is not null) && (!_hasOpened || opened == (uint)_openError), "a file comes with another descriptor or error");
            return;
        }

        uint error = packet.Length < 8 ? Invalid : BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        Require(IsReply(packet, error) && descriptor is null, "a command is answered with something else");
        Require(Kind == Mount || error != 0 || _done.Add(Kind) || Kind == TableOptions, "a step is taken twice");
        Require(error != 0 || IsAllowed(), "a command is taken that may not be");
        Require(error == 0 || _deeds.Count == 0 || _deeds[^1].Error != Errno.None, "a command is refused and obeyed");
        _isMounted |= Kind == Mount && error == 0;
    }

    /// <summary>Whether a command that was taken may be, and whether it was done and nothing else.</summary>
    private bool IsAllowed() => Kind switch
    {
        Type => _heardLength == 8 && Number(4) <= (_world.IsRoot ? 1u : 0) && Did(Deed.Begin, Number(4).ToString(CultureInfo.InvariantCulture), null),
        Source => IsLabel(Encoding.UTF8.GetString(Text(4))) && Did(Deed.Configure, "source", Encoding.UTF8.GetString(Text(4))),
        MountPoint => Number(4) is 0 or 0x4000_0000 or 0x8000_0000 && Text(8).SequenceEqual(Encoding.UTF8.GetBytes(_invocation.MountPoint))
            && Did(Deed.Pin, _invocation.MountPoint, null),
        Options => !Text(4).IsEmpty && _done.Contains(Type) && DidOptions(),
        TableOptions => !Text(4).IsEmpty && _deeds.Count == 0 && Words(4).TrueForAll(word => word.StartsWith("x-", StringComparison.Ordinal) || word is "user=alice"),
        _ => _heardLength == 8 && _mounted is not null && _deeds.Count == 0 && !_world.Faults.HasFlag(WorldFault.NoMount),
    };

    private bool Did(Deed deed, string key, string? value) => _deeds.Count == 1 && _deeds[0] == (deed, key, value, Errno.None);

    private bool DidOptions()
    {
        List<string> words = Words(4);
        return words.Count == _deeds.Count && words.Zip(_deeds).All(pair =>
            pair.Second.Deed == Deed.Configure && pair.Second.Error == Errno.None
            && string.Equals(pair.First, pair.Second.Value is null ? pair.Second.Key : $"{pair.Second.Key}={pair.Second.Value}", StringComparison.Ordinal)
            && IsHarmless(pair.Second.Key, pair.Second.Value));
    }

    private bool IsHarmless(string key, string? value) => key switch
    {
        "allow_other" => value is null && _world.MayAllowOthers,
        "default_permissions" => value is null,
        "max_read" or "blksize" => value is not null && value.Length > 0 && value.All(char.IsAsciiDigit),
        "context" or "fscontext" or "defcontext" or "rootcontext" => value is not null && _world.IsRoot,
        _ => false,
    };

    private List<string> Words(int header) => [.. OptionList.Split(Encoding.UTF8.GetString(Text(header)))];

    private bool IsLabel(string source) => string.Equals(source, _invocation.Source, StringComparison.Ordinal)
        || string.Equals(source, _invocation.Type, StringComparison.Ordinal) || source is "/dev/fuse"
        || HasWritten($"fsname={source}") || HasWritten($"subtype={source}");

    private bool HasWritten(string word) => _invocation.Options.Any(option => string.Equals(option.Text, word, StringComparison.Ordinal));

    private bool MayOpen(string path, int flags, FileWants wants)
    {
        bool isOfKernel = path is "/dev/fuse" or "/proc/pressure/memory"
            || (path.StartsWith("/sys/fs/cgroup/", StringComparison.Ordinal) && path.EndsWith("/memory.pressure", StringComparison.Ordinal)
                && !path.Contains("/../", StringComparison.Ordinal));
        bool isCallers = string.Equals(path, _invocation.Source, StringComparison.Ordinal)
            || HasWritten($"journal_path={path}");
        return isOfKernel
            ? Kind == Open && wants == (path is "/dev/fuse" ? FileWants.Fuse : FileWants.SystemFile)
            : isCallers && wants == (Kind == Open ? FileWants.Volume : FileWants.BlockDevice) && ((flags & ReadWrite) == 0 || !Wrote("ro", "rw"));
    }

    private uint Forced() =>
        (_world.IsRoot && Wrote("suid", "nosuid") ? 0 : NoSetUserId) | (_world.IsRoot && Wrote("dev", "nodev") ? 0 : NoDevices)
        | (Wrote("noexec", "exec") ? NoExecution : 0) | (Wrote("nosymfollow", "symfollow") ? NoSymbolicLinks : 0) | (Wrote("ro", "rw") ? ReadOnly : 0);

    /// <summary>Whether the caller wrote a word, and its opposite not behind it.</summary>
    private bool Wrote(string word, string opposite)
    {
        List<string> words = [.. _invocation.Options.Select(option => option.Text)];
        int at = words.LastIndexOf(word);
        return at >= 0 && at > words.LastIndexOf(opposite);
    }

    private static bool IsFile(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> path, uint error) =>
        packet.Length == 8 + path.Length + 1 && packet.StartsWith("FILE"u8) && BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) == error
        && packet[8..^1].SequenceEqual(path) && packet[^1] == 0;

    private static bool IsReply(ReadOnlySpan<byte> packet, uint error) =>
        packet.Length == 8 && packet.StartsWith("REPL"u8) && BinaryPrimitives.ReadUInt32BigEndian(packet[4..]) == error;

    private static void Require(bool isFine, string objection)
    {
        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, objection);
        }
    }
}
