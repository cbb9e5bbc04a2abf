using System.Text;
using System.Text.Unicode;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mount;

/// <summary>How a conversation ended.</summary>
/// <param name="IsMounted">The server serves, and the caller's directory shows it; or everything but that is done, as the caller wants.</param>
/// <param name="Reason">Why not, in one line.</param>
internal sealed record Outcome(bool IsMounted, string Reason);

/// <summary>The helper's end of the conversation. The server may have been taken over by the volume that it reads: it is done what
/// the command line already said, and nothing else that the server says.</summary>
internal sealed class ServerConversation(IPacketChannel channel, Invocation invocation, IMounting mounting)
{
    /// <summary>More than any mount takes, waiting for a busy device included.</summary>
    private const int MostPackets = 1000;

    /// <summary>Entries in front of the first word: the helper's own count of words in libfuse.</summary>
    private const int SpareEntries = 2;

    private readonly byte[] _buffer = new byte[Limits.PacketBytes];
    private readonly OpenRules _rules = new(invocation);
    private readonly HashSet<PacketKind> _done = [];
    private MountKind _kind;
    private bool _isMounted;
    private string? _verdict, _failure;

    private delegate Errno Step(ReadOnlySpan<byte> packet);

    /// <summary>Speaks until the server says goodbye.</summary>
    /// <exception cref="ProtocolException">The server did not keep to the protocol.</exception>
    /// <exception cref="MountException">The FUSE device cannot be opened.</exception>
    public Outcome Run()
    {
        Greet();
        SendArguments();
        SendFuseDevice();
        for (int count = 0; count < MostPackets; count++)
        {
            ReadOnlySpan<byte> packet = Receive();
            if (!Network.TryKind(packet, out PacketKind kind))
            {
                throw new ProtocolException($"a packet of {packet.Length} bytes came");
            }

            if (kind == PacketKind.Goodbye)
            {
                return Part(packet);
            }

            Answer(kind, packet);
        }

        throw new ProtocolException($"the server asks for ever: {MostPackets} packets came");
    }

    private void Greet()
    {
        HelperGrants grants = (mounting.IsRoot ? HelperGrants.BlockMount : HelperGrants.None)
            | (mounting.MayAllowOthers ? HelperGrants.AllowOther : HelperGrants.None);
        channel.Send(HelloView.Packet(grants));
        if (!HelloReplyView.TryParse(Receive(), out HelloReplyView reply) || reply.Version != Limits.Version)
        {
            throw new ProtocolException("the server's first packet is no answer to hello");
        }
    }

    private void SendArguments()
    {
        IReadOnlyList<byte[]> words = [.. invocation.ServerWords.Select(Encoding.UTF8.GetBytes)];
        byte[] block = ArgumentBlock.Of(words, words.Count + SpareEntries);
        if (block.Length > Limits.ArgumentBytes)
        {
            throw new MountException($"the options are too long: {block.Length} bytes");
        }

        using SafeFileHandle file = mounting.Seal(block);
        channel.Send(FileView.Packet(FileView.ArgumentsName, Errno.None), file);
    }

    private void SendFuseDevice() => channel.Send(FileView.Packet(FileView.DeviceName, Errno.None), mounting.OpenFuse());

    private void Answer(PacketKind kind, ReadOnlySpan<byte> packet)
    {
        if (kind is PacketKind.Open or PacketKind.OpenBlockDevice)
        {
            AnswerOpen(packet);
            return;
        }

        Errno error = kind switch
        {
            PacketKind.Type => Once(kind, packet, Begin),
            PacketKind.Source => Once(kind, packet, Name),
            PacketKind.MountPoint => Once(kind, packet, Point),
            PacketKind.Options => Once(kind, packet, Configure),
            PacketKind.TableOptions => Note(packet),
            PacketKind.Mount => Mount(packet),
            _ => throw new ProtocolException($"a packet of kind 0x{(uint)kind:x8} came"),
        };
        channel.Send(ReplyView.Packet(error));
    }

    private void AnswerOpen(ReadOnlySpan<byte> packet)
    {
        if (!OpenView.TryParse(packet, out OpenView request))
        {
            channel.Send(FileView.Packet(FileView.UnknownName, Errno.Invalid));
            return;
        }

        SafeFileHandle? file = null;
        string path = Encoding.UTF8.GetString(request.Path);
        bool isQuiet = request.Request.HasFlag(OpenRequestFlags.Quiet);
        Errno error = (request.Request & ~OpenRequestFlags.Quiet) != OpenRequestFlags.None ? Errno.Invalid
            : _done.Contains(PacketKind.Type) ? Errno.NotPermitted
            : !Utf8.IsValid(request.Path) ? Errno.NotPermitted
            : _rules.Judge(path, request.Flags, request.WantsBlockDevice, out FileWants wants) is var verdict and not Errno.None ? verdict
            : mounting.TryOpen(path, (int)request.Flags, wants, request.BlockSize, out file);
        using (file)
        {
            channel.Send(FileView.Packet(request.Path, error), file);
        }

        if (error != Errno.Busy && !isQuiet)
        {
            _failure = error == Errno.None ? null : $"opening {path}: {Libc.Describe(error)}";
        }
    }

    private Errno Begin(ReadOnlySpan<byte> packet)
    {
        if (!NumberView.TryParse(packet, out NumberView command) || (command.Number & ~(uint)MountKind.Block) != 0)
        {
            return Errno.Invalid;
        }

        MountKind kind = (MountKind)command.Number;
        if (kind == MountKind.Block && !mounting.IsRoot)
        {
            return Errno.NotPermitted;
        }

        _kind = kind;
        mounting.Begin(kind);
        return Errno.None;
    }

    /// <summary>The source is a label: what the caller wrote, as the source or as a name, or what stands there where he wrote none.</summary>
    private Errno Name(ReadOnlySpan<byte> packet)
    {
        if (!TextView.TryParse(packet, out TextView command))
        {
            return Errno.Invalid;
        }

        string source = Encoding.UTF8.GetString(command.Text);
        IEnumerable<string> labels = _kind == MountKind.Block ? [invocation.Source]
            : [invocation.Source, invocation.Type, OpenRules.FuseDevice, .. invocation.ValuesOf("fsname"), .. invocation.ValuesOf("subtype")];
        return labels.Contains(source, StringComparer.Ordinal) ? Try(() => mounting.Configure("source", source)) : Errno.Invalid;
    }

    private Errno Point(ReadOnlySpan<byte> packet) =>
        MountPointView.TryParse(packet, out MountPointView command) && string.Equals(Encoding.UTF8.GetString(command.Path), invocation.MountPoint, StringComparison.Ordinal)
            ? mounting.Pin(invocation.MountPoint, command.Type)
            : Errno.Invalid;

    private Errno Configure(ReadOnlySpan<byte> packet)
    {
        if (!TextView.TryParse(packet, out TextView command) || !_done.Contains(PacketKind.Type))
        {
            return Errno.Invalid;
        }

        List<(string Key, string? Value)> options = [];
        foreach (string word in OptionList.Split(Encoding.UTF8.GetString(command.Text)))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            (string key, string? value) = equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
            Errno error = KernelOptionRules.Judge(key, value, _kind, mounting.IsRoot, mounting.MayAllowOthers, out string reason);
            if (error != Errno.None)
            {
                _failure = $"the option {word}: {reason}";
                return error;
            }

            options.Add((key, value));
        }

        // Judged first and set then: what is refused leaves nothing behind.
        return Try(() => options.ForEach(option => mounting.Configure(option.Key, option.Value)));
    }

    /// <summary>Words for the mount table; one of them says why the server refuses.</summary>
    private Errno Note(ReadOnlySpan<byte> packet)
    {
        if (!TextView.TryParse(packet, out TextView command))
        {
            return Errno.Invalid;
        }

        foreach (string word in OptionList.Split(Encoding.UTF8.GetString(command.Text)))
        {
            if (Verdict.TryDecode(word, out string verdict))
            {
                _verdict = verdict;
            }
            else if (!word.StartsWith("x-", StringComparison.Ordinal) && !string.Equals(word, $"user={mounting.UserName}", StringComparison.Ordinal))
            {
                return Errno.Invalid;
            }
        }

        return Errno.None;
    }

    private Errno Mount(ReadOnlySpan<byte> packet)
    {
        bool isDescribed = _done.Contains(PacketKind.Type) && _done.Contains(PacketKind.Source) && _done.Contains(PacketKind.MountPoint);
        if (!NumberView.TryParse(packet, out NumberView command) || !isDescribed || (command.Number & ~(uint)KernelMountFlags.All) != 0
            || !_done.Add(PacketKind.Mount))
        {
            return Errno.Invalid;
        }

        KernelMountFlags flags = Force((KernelMountFlags)command.Number);
        Errno error = Try(() => mounting.Mount(flags));
        _isMounted = error == Errno.None;
        return _isMounted && invocation.IsFake ? Errno.Canceled : error;
    }

    /// <summary>Takes a step; where it fails, that is the reason why nothing is mounted.</summary>
    private Errno Try(Action step)
    {
        _failure = null;
        try
        {
            step();
            return Errno.None;
        }
        catch (MountException failure)
        {
            _failure = failure.Message;
            return failure.Error;
        }
    }

    /// <summary>What the server leaves out is put in again: it cannot lift what the caller did not lift.</summary>
    private KernelMountFlags Force(KernelMountFlags flags)
    {
        bool isFree = mounting.IsRoot;
        return flags
            | (isFree && invocation.LastIs("suid", "nosuid") ? KernelMountFlags.None : KernelMountFlags.NoSetUserId)
            | (isFree && invocation.LastIs("dev", "nodev") ? KernelMountFlags.None : KernelMountFlags.NoDevices)
            | (invocation.LastIs("noexec", "exec") ? KernelMountFlags.NoExecution : KernelMountFlags.None)
            | (invocation.LastIs("nosymfollow", "symfollow") ? KernelMountFlags.NoSymbolicLinks : KernelMountFlags.None)
            | (invocation.LastIs("ro", "rw") ? KernelMountFlags.ReadOnly : KernelMountFlags.None);
    }

    private Outcome Part(ReadOnlySpan<byte> packet)
    {
        if (!NumberView.TryParse(packet, out NumberView command))
        {
            channel.Send(ReplyView.Packet(Errno.Invalid));
            throw new ProtocolException("the server's goodbye is malformed");
        }

        bool isMounted = _isMounted && (command.Number == 0 || invocation.IsFake);

        // What failed here is the cause of whatever the server says about it.
        string reason = _failure
            ?? (_verdict is null ? $"the service ended with {command.Number}: its log says why" : $"the service refused the volume: {_verdict}");
        return new(isMounted, isMounted ? string.Empty : reason);
    }

    /// <summary>A step that has succeeded is not taken again.</summary>
    private Errno Once(PacketKind kind, ReadOnlySpan<byte> packet, Step step)
    {
        Errno error = _done.Contains(kind) ? Errno.Invalid : step(packet);
        if (error == Errno.None)
        {
            _done.Add(kind);
        }

        return error;
    }

    private ReadOnlySpan<byte> Receive()
    {
        ReadOnlySpan<byte> packet = channel.Receive(_buffer, out SafeFileHandle? unasked);
        if (unasked is not null)
        {
            unasked.Dispose();
            throw new ProtocolException("the server sent a descriptor");
        }

        return packet;
    }
}
