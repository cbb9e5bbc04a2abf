using System.Globalization;
using System.Text;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Service;

/// <summary>The server's end of the conversation: after the helper's first three packets, the server asks and the helper answers.</summary>
/// <remarks>The helper is believed no more than the volume: each packet is the one that is due, or the conversation is over.</remarks>
internal sealed class HelperConversation(IPacketChannel channel)
{
    private readonly byte[] _buffer = new byte[Limits.PacketBytes];
    private bool _hasNoted;

    /// <summary>Answers the helper's first word.</summary>
    /// <returns>What the helper is ready to do.</returns>
    /// <exception cref="ProtocolException">No version in common, or a grant that is not known here.</exception>
    public HelperGrants Greet()
    {
        const HelperGrants known = HelperGrants.AllowOther | HelperGrants.BlockMount;
        if (!HelloView.TryParse(Receive("hello"), out HelloView hello))
        {
            throw new ProtocolException("the helper's first packet is no hello");
        }

        if (!hello.Speaks(Limits.Version))
        {
            throw new ProtocolException($"the helper speaks versions {hello.LowestVersion} to {hello.HighestVersion}, and {Limits.Version} is spoken here");
        }

        if ((hello.Grants & ~known) != HelperGrants.None)
        {
            throw new ProtocolException(string.Create(CultureInfo.InvariantCulture, $"the helper's hello has unknown flags: 0x{(uint)hello.Grants:x}"));
        }

        HelperGrants grants = hello.Grants;
        channel.Send(HelloReplyView.Packet());
        return grants;
    }

    /// <summary>Takes the file that holds the command line: <see cref="PassedArguments"/> reads it.</summary>
    public SafeFileHandle ReceiveArguments() => ReceiveExpected(FileView.ArgumentsName);

    /// <summary>Takes the FUSE device, which the helper has opened in the world that it will mount in.</summary>
    public SafeFileHandle ReceiveDevice() => ReceiveExpected(FileView.DeviceName);

    /// <summary>Asks for a file of the helper's world.</summary>
    /// <param name="path">As it stands on the command line.</param>
    /// <param name="flags">Flags of open(2).</param>
    /// <param name="request">Whether a failure is expected.</param>
    /// <param name="file">The file; null where the helper could not or would not open it.</param>
    /// <returns>The helper's reason.</returns>
    public Errno TryOpen(string path, int flags, OpenRequestFlags request, out SafeFileHandle? file)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        if (!Fits(name, Limits.PathBytes))
        {
            file = null;
            return Errno.NameTooLong;
        }

        channel.Send(OpenView.Packet(name, (uint)flags, request));
        return ReceiveFile(name, out file);
    }

    /// <summary>Says what kind of mount it will be.</summary>
    public Errno Announce(MountKind kind) => Ask(NumberView.Packet(PacketKind.Type, (uint)kind));

    /// <summary>Says what stands in the first column of the mount table.</summary>
    public Errno Name(string source) => Tell(source, text => TextView.Packet(PacketKind.Source, text));

    /// <summary>Says where to mount.</summary>
    public Errno Point(string directory) => Tell(directory, text => MountPointView.Packet(text, MountPointType.Directory));

    /// <summary>Gives options for the kernel.</summary>
    public Errno Configure(string options) => Tell(options, text => TextView.Packet(PacketKind.Options, text));

    /// <summary>Gives options for the mount table alone.</summary>
    public Errno Note(string options)
    {
        Errno error = Tell(options, text => TextView.Packet(PacketKind.TableOptions, text));
        _hasNoted |= error == Errno.None;
        return error;
    }

    /// <summary>Has it mounted.</summary>
    public Errno Mount(KernelMountFlags flags) => Ask(NumberView.Packet(PacketKind.Mount, (uint)flags));

    /// <summary>Ends the conversation: the mount is served.</summary>
    public void Leave() => channel.Send(NumberView.Packet(PacketKind.Goodbye, 0));

    /// <summary>Ends the conversation: there will be no mount. The reason travels in a word of the mount table's options,
    /// which a helper that does not know it stores and forgets. It takes such options once: what fails after that is the mount, and
    /// the helper knows why.</summary>
    public void Refuse(string reason)
    {
        const uint failure = 1;
        try
        {
            if (!_hasNoted)
            {
                _ = Note(Verdict.Encode(reason));
            }

            channel.Send(NumberView.Packet(PacketKind.Goodbye, failure));
        }
        catch (ProtocolException)
        {
            // Nobody is there to hear it: the log has the reason.
        }
    }

    /// <summary>What no packet holds is not asked: the helper could not take it for anything but a mistake.</summary>
    private Errno Tell(string text, Func<ReadOnlySpan<byte>, byte[]> packetOf)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Fits(bytes, Limits.PacketBytes - MountPointView.HeaderSize) ? Ask(packetOf(bytes)) : Errno.Invalid;
    }

    private static bool Fits(byte[] text, int size) => text.Length > 0 && text.Length < size && !text.Contains((byte)0);

    private Errno Ask(ReadOnlySpan<byte> packet)
    {
        channel.Send(packet);
        return ReplyView.TryParse(Receive("a reply"), out ReplyView reply)
            ? reply.Error
            : throw new ProtocolException("the helper's answer is no reply");
    }

    private SafeFileHandle ReceiveExpected(ReadOnlySpan<byte> name)
    {
        Errno error = ReceiveFile(name, out SafeFileHandle? file);
        return file ?? throw new ProtocolException($"the helper has no {Encoding.UTF8.GetString(name)}: {Libc.Describe(error)}");
    }

    /// <summary>A file comes with its descriptor or with an error, never with both or neither.</summary>
    private Errno ReceiveFile(ReadOnlySpan<byte> name, out SafeFileHandle? file)
    {
        ReadOnlySpan<byte> packet = channel.Receive(_buffer.AsSpan(0, FileView.HeaderSize + name.Length + 1), out file);
        string? fault = !FileView.TryParse(packet, out FileView answer) ? "the helper's answer is no file"
            : !answer.Path.SequenceEqual(name) || packet.Length != FileView.HeaderSize + name.Length + 1 ? "the helper answers for another file"
            : (file is null) == (answer.Error == Errno.None) ? "the helper's answer has a descriptor and an error, or neither"
            : null;
        if (fault is null)
        {
            return answer.Error;
        }

        file?.Dispose();
        throw new ProtocolException(fault);
    }

    private ReadOnlySpan<byte> Receive(string expected)
    {
        ReadOnlySpan<byte> packet = channel.Receive(_buffer, out SafeFileHandle? unasked);
        if (unasked is not null)
        {
            unasked.Dispose();
            throw new ProtocolException($"a descriptor came where {expected} was due");
        }

        return packet;
    }
}
