using Fuse4fs.Native;
using Fuse4fs.Protocol;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>A kind of packet.</summary>
/// <param name="Example">A valid one.</param>
/// <param name="Shape">Its fields; a text may follow them.</param>
/// <param name="IsHelpers">A helper says it, not a server.</param>
internal sealed record PacketShape(byte[] Example, StructureShape Shape, bool IsHelpers)
{
    public PacketKind Kind => Network.TryKind(Example, out PacketKind kind) ? kind : default;
}

/// <summary>Every kind of packet: a new field of a view is known here by itself.</summary>
internal static class PacketCatalogue
{
    private static readonly StructureShape Text = StructureShape.OfWords("Text", 1);
    private static readonly StructureShape Number = StructureShape.OfPacket(typeof(NumberView));
    private static readonly StructureShape File = StructureShape.OfPacket(typeof(OpenView));

    public static IReadOnlyList<PacketShape> All { get; } =
    [
        new(HelloView.Packet(HelperGrants.AllowOther | HelperGrants.BlockMount), StructureShape.OfPacket(typeof(HelloView)), IsHelpers: true),
        new(FileView.Packet("/dev/sdb1"u8, Errno.None), StructureShape.OfPacket(typeof(FileView)), IsHelpers: true),
        new(ReplyView.Packet(Errno.None), StructureShape.OfPacket(typeof(ReplyView)), IsHelpers: true),
        new(HelloReplyView.Packet(), StructureShape.OfPacket(typeof(HelloReplyView)), IsHelpers: false),
        new(OpenView.Packet("/dev/fuse"u8, Libc.OpenReadWrite, OpenRequestFlags.Quiet), File, IsHelpers: false),
        new(OpenView.Packet("/dev/sdb1"u8, Libc.OpenExclusive, OpenRequestFlags.None, wantsBlockDevice: true, 4096), File, IsHelpers: false),
        new(NumberView.Packet(PacketKind.Type, (uint)MountKind.Plain), Number, IsHelpers: false),
        new(TextView.Packet(PacketKind.Source, "/dev/sdb1"u8), Text, IsHelpers: false),
        new(MountPointView.Packet("/mnt/usb"u8, MountPointType.Directory), StructureShape.OfPacket(typeof(MountPointView)), IsHelpers: false),
        new(TextView.Packet(PacketKind.Options, "default_permissions"u8), Text, IsHelpers: false),
        new(TextView.Packet(PacketKind.TableOptions, "x-tag=1"u8), Text, IsHelpers: false),
        new(NumberView.Packet(PacketKind.Mount, (uint)KernelMountFlags.ReadOnly), Number, IsHelpers: false),
        new(NumberView.Packet(PacketKind.Goodbye, 0), Number, IsHelpers: false),
    ];

    /// <summary>The kind of a packet; nothing where it is none.</summary>
    public static PacketShape? Find(ReadOnlySpan<byte> packet) =>
        Network.TryKind(packet, out PacketKind kind) ? All.FirstOrDefault(shape => shape.Kind == kind) : null;
}
