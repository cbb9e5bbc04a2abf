using System.Text;
using Ext4Safety.Fuzz.Staging;
using Fuse4fs.Native;
using Fuse4fs.Protocol;

namespace Ext4Safety.Fuzz.Conversations;

/// <summary>Puts together the script of a <see cref="ScriptedPeer"/>, packet by packet: for seeds.</summary>
internal sealed class ConversationWriter
{
    private readonly InputWriter _input = new();

    public ConversationWriter(int options) => _input.U8((byte)options);

    /// <summary>A packet and what comes along.</summary>
    public ConversationWriter Say(ReadOnlySpan<byte> packet, PacketPlan plan = PacketPlan.None)
    {
        _input.U8((byte)plan).U16((ushort)packet.Length).Bytes(packet);
        return this;
    }

    /// <summary>A packet as the specification writes it: numbers to the base of 16.</summary>
    public ConversationWriter Say(string packet, PacketPlan plan = PacketPlan.None) =>
        Say(Convert.FromHexString(packet.Replace(" ", "", StringComparison.Ordinal)), plan);

    /// <summary>The file of the command line.</summary>
    public ConversationWriter Arguments(params ReadOnlySpan<string> words)
    {
        byte[][] bytes = new byte[words.Length][];
        for (int index = 0; index < words.Length; index++)
        {
            bytes[index] = Encoding.UTF8.GetBytes(words[index]);
        }

        return Block(ArgumentBlock.Of(bytes, words.Length + 2));
    }

    /// <summary>The file of the command line, with this in it.</summary>
    public ConversationWriter Block(ReadOnlySpan<byte> block) =>
        Say(FileView.Packet(FileView.ArgumentsName, Errno.None), PacketPlan.Descriptor | PacketPlan.Content).Say(block);

    /// <summary>A file that was asked for, or the reason why it does not come.</summary>
    public ConversationWriter File(ReadOnlySpan<byte> path, Errno error = Errno.None) =>
        Say(FileView.Packet(path, error), error == Errno.None ? PacketPlan.Descriptor : PacketPlan.None);

    /// <summary>The FUSE device.</summary>
    public ConversationWriter Device() => File(FileView.DeviceName);

    /// <summary>No further FUSE device.</summary>
    public ConversationWriter NoSpare() => File("/dev/fuse"u8, Errno.NotPermitted);

    /// <summary>A request for a file.</summary>
    public ConversationWriter Open(ReadOnlySpan<byte> path, uint flags) => Say(OpenView.Packet(path, flags, OpenRequestFlags.None));

    /// <summary>Type, source and mount point.</summary>
    public ConversationWriter Described() => Say(NumberView.Packet(PacketKind.Type, (uint)MountKind.Plain))
        .Say(TextView.Packet(PacketKind.Source, "/dev/sdb1"u8)).Say(MountPointView.Packet("/mnt/usb"u8, MountPointType.Directory));

    /// <summary>Answers, one for each number.</summary>
    public ConversationWriter Replies(params ReadOnlySpan<int> errors)
    {
        foreach (int error in errors)
        {
            Say(ReplyView.Packet((Errno)error));
        }

        return this;
    }

    /// <summary>The script as an input.</summary>
    public Seed Named(string name) => _input.Named(name);
}
