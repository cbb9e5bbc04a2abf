using System.Buffers.Binary;
using System.Text;

namespace Ext4Safety.Escape;

/// <summary>Packets for the helper, from a server in a stranger's hands.</summary>
/// <param name="Name">One word.</param>
/// <param name="Packets">Sent one after the other; the answer to the last one counts.</param>
/// <param name="CarriesDescriptor">A descriptor goes along with the last one.</param>
internal sealed record Forgery(string Name, IReadOnlyList<byte[]> Packets, bool CarriesDescriptor = false)
{
    private const uint ReadWrite = 2, Create = 0x40, Truncate = 0x200, Append = 0x400;
    private const int LargestPacket = 65536;

    /// <summary>In the order in which they are sent.</summary>
    /// <param name="source">The volume's path, as the helper knows it.</param>
    /// <param name="mountPoint">The directory, as the helper knows it.</param>
    public static IReadOnlyList<Forgery> All(string source, string mountPoint) =>
    [
        new("ask-for-other-file", [Open("/etc/passwd")]),
        new("ask-for-secret", [Open("/etc/shadow")]),
        new("ask-for-directory", [Open("/")]),
        new("ask-for-memory", [Open("/proc/self/mem", ReadWrite)]),
        new("ask-for-other-device", [Packet("BDEV", Open("/dev/nvme0n1")[4..])]),
        new("ask-for-neighbour", [Open($"{source}/../other")]),
        new("ask-for-mount-point", [Open(mountPoint)]),
        new("ask-to-create", [Open(source, Create)]),
        new("ask-to-truncate", [Open(source, ReadWrite | Truncate)]),
        new("ask-to-append", [Open(source, ReadWrite | Append)]),
        new("ask-without-path", [Packet("OPEN", new byte[17])]),
        new("ask-without-end", [Packet("OPEN", [.. new byte[16], .. "/etc/passwd"u8])]),
        new("ask-with-unknown-flags", [Open(source, request: 0xfe)]),
        new("ask-for-volume-again", [Open(source)]),
        new("ask-after-announcement", [Number("TYPE", 0), Open(source)]),
        new("announce-unknown-type", [Number("TYPE", 0x80)]),
        new("announce-twice", [Number("TYPE", 0), Number("TYPE", 0)]),
        new("announce-briefly", [Packet("TYPE", [0])]),
        new("name-other-source", [Number("TYPE", 0), Text("NAME", "/etc/passwd")]),
        new("name-nothing", [Number("TYPE", 0), Packet("NAME", [0])]),
        new("point-elsewhere", [Number("TYPE", 0), Point("/etc")]),
        new("point-at-parent", [Number("TYPE", 0), Point($"{mountPoint}/..")]),
        new("point-at-source", [Number("TYPE", 0), Point(source)]),
        new("point-with-padding", [Number("TYPE", 0), Packet("MNTP", [0x40, 0, 0, 1, .. Encoding.UTF8.GetBytes(mountPoint), 0])]),
        new("options-other-device", [Number("TYPE", 0), Text("OPTS", "fd=0")]),
        new("options-other-user", [Number("TYPE", 0), Text("OPTS", "user_id=0")]),
        new("options-root-mode", [Number("TYPE", 0), Text("OPTS", "rootmode=100000")]),
        new("options-subtype", [Number("TYPE", 0), Text("OPTS", "subtype=ext4")]),
        new("options-unknown", [Number("TYPE", 0), Text("OPTS", "default_permissions,evil=1")]),
        new("table-other-user", [Number("TYPE", 0), Text("MTAB", "user=nobody")]),
        new("table-helper", [Number("TYPE", 0), Text("MTAB", "uhelper=evil")]),
        new("mount-before-all", [Number("DOIT", 6)]),
        new("mount-without-point", [Number("TYPE", 0), Text("NAME", source), Number("DOIT", 6)]),
        new("mount-bind", [.. Described(source, mountPoint), Number("DOIT", 0x1000)]),
        new("mount-move", [.. Described(source, mountPoint), Number("DOIT", 0x2000)]),
        new("mount-remount", [.. Described(source, mountPoint), Number("DOIT", 0x20)]),
        new("mount-shared", [.. Described(source, mountPoint), Number("DOIT", 0x100000)]),
        new("mount-unknown", [.. Described(source, mountPoint), Number("DOIT", 0x80000000)]),
        new("leave-as-if-mounted", [Number("BYEE", 0)]),
        new("leave-as-if-absent", [Number("BYEE", 2)]),
        new("leave-as-if-absent-by-256", [Number("BYEE", 258)]),
        new("leave-briefly", [Packet("BYEE", [])]),
        new("push-descriptor", [Number("TYPE", 0)], CarriesDescriptor: true),
        new("greet-again", [Packet("SAFT", [0, 1, 0, 1, 0, 0, 0, 0])]),
        new("answer-unasked", [Number("REPL", 0)]),
        new("send-file", [Packet("FILE", [0, 0, 0, 0, (byte)'x', 0])]),
        new("send-unknown", [Number("EVIL", 0)]),
        new("send-three-bytes", ["BYE"u8.ToArray()]),
        new("send-too-much", [Text("NAME", new string('x', LargestPacket))]),
    ];

    private static byte[][] Described(string source, string mountPoint) => [Number("TYPE", 0), Text("NAME", source), Point(mountPoint)];

    private static byte[] Open(string path, uint flags = 0, uint request = 0) =>
        Packet("OPEN", [.. Big(flags), .. Big(0), .. Big(request), .. Big(0), .. Encoding.UTF8.GetBytes(path), 0]);

    private static byte[] Point(string path) => Packet("MNTP", [0x40, 0, 0, 0, .. Encoding.UTF8.GetBytes(path), 0]);

    private static byte[] Text(string kind, string text) => Packet(kind, [.. Encoding.UTF8.GetBytes(text), 0]);

    private static byte[] Number(string kind, uint number) => Packet(kind, Big(number));

    private static byte[] Packet(string kind, byte[] body) => [.. Encoding.ASCII.GetBytes(kind), .. body];

    private static byte[] Big(uint number)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
