using System.Buffers.Binary;
using System.Text;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Ext4Safety.Fuzz.Conversations;

/// <summary>What a server may say to a helper, read off the bytes alone: the protocol's order of things, one question at a time, and
/// not a word after the helper has broken the rules or the server has said goodbye.</summary>
internal sealed class ServerRules : IConversationRules
{
    private const uint Hello = 0x53414654, HelloReply = 0x4C415354, File = 0x46494C45, Reply = 0x5245504C, Open = 0x4F50454E,
        OpenBlockDevice = 0x42444556, Type = 0x54595045, Source = 0x4E414D45, MountPoint = 0x4D4E5450, Options = 0x4F505453,
        TableOptions = 0x4D544142, Mount = 0x444F4954, Goodbye = 0x42594545;

    private const uint BlockMountGrant = 2, AllGrants = 3;
    private const uint ReadWrite = 2, Exclusive = 0x80, NonBlocking = 0x800, Direct = 0x4000, AllMountFlags = 0xD9F, ReadOnlyMount = 1;
    private const int MostPackets = 32;

    private readonly List<SafeFileHandle> _granted = [];
    private readonly byte[] _path = new byte[1 << 16];
    private Stage _stage;
    private uint _grants, _asked, _error, _said;
    private int _pathLength, _packets;
    private bool _isBlockMount, _isMounted, _hasNoted, _isRefusal;

    private enum Stage
    {
        /// <summary>The helper speaks first.</summary>
        Hello,

        /// <summary>The server answers.</summary>
        HelloReply,

        Arguments,
        Device,

        /// <summary>The server asks.</summary>
        Question,

        /// <summary>The helper answers.</summary>
        Answer,

        /// <summary>Goodbye was said, or there is nobody to talk to.</summary>
        Over,
    }

    /// <summary>Everything that was said.</summary>
    public Digest Digest { get; private set; }

    /// <summary>The server has a mount to serve, and has said so.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Watches another conversation.</summary>
    public void Begin()
    {
        _granted.Clear();
        (_stage, Digest) = (Stage.Hello, default);
        (_grants, _asked, _error, _said, _pathLength, _packets) = (0, 0, 0, 0, 0, 0);
        (_isBlockMount, _isMounted, _hasNoted, _isRefusal, IsServing) = (false, false, false, false, false);
    }

    /// <inheritdoc/>
    public void HearsNothing() => _stage = Stage.Over;

    /// <inheritdoc/>
    public void Hears(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor)
    {
        Require(_stage is Stage.Hello or Stage.Arguments or Stage.Device or Stage.Answer, "the server listens where it is the one to speak");
        _stage = _stage switch
        {
            Stage.Hello => IsHello(packet) && descriptor is null ? Stage.HelloReply : Stage.Over,
            Stage.Arguments => IsFile(packet, "argv"u8, descriptor) && _error == 0 ? Stage.Device : Stage.Over,
            Stage.Device => IsFile(packet, "fusedev"u8, descriptor) && _error == 0 ? Stage.Question : Stage.Over,
            _ => IsAnswer(packet, descriptor) ? Stage.Question : Stage.Over,
        };
        if (_stage != Stage.Over && descriptor is not null)
        {
            _granted.Add(descriptor);
        }
    }

    /// <inheritdoc/>
    public void Says(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor)
    {
        Require(_stage is Stage.HelloReply or Stage.Question, _stage == Stage.Over ? "the server speaks when all is over" : "the server speaks out of turn");
        Require(descriptor is null, "the server passes a descriptor");
        Require(++_packets <= MostPackets, "the server asks for ever");
        uint kind = packet.Length < 4 ? 0 : Number(packet, 0);
        if (_stage == Stage.HelloReply)
        {
            Require(kind == HelloReply && packet.SequenceEqual((ReadOnlySpan<byte>)[0x4C, 0x41, 0x53, 0x54, 0, 1, 0, 0]), "the server answers hello with something else");
            _stage = Stage.Arguments;
        }
        else
        {
            CheckOrder(kind, packet);
            CheckForm(kind, packet);
            Note(kind, packet);
        }

        Digest = _isRefusal && kind == TableOptions ? Digest.Add((ulong)kind) : Digest.Add(packet);
    }

    /// <summary>Looks at what is left when all is over.</summary>
    /// <param name="passed">Every descriptor that reached the server.</param>
    /// <param name="held">Those that it has taken.</param>
    public void End(IEnumerable<SafeFileHandle> passed, List<SafeFileHandle> held)
    {
        Require(held.SequenceEqual(_granted), "the server holds descriptors that it did not ask for, or has lost some");
        Require(passed.All(file => file.IsClosed || held.Contains(file)), "the server leaves a descriptor open that it did not take");
    }

    private static uint Number(ReadOnlySpan<byte> packet, int at) => BinaryPrimitives.ReadUInt32BigEndian(packet[at..]);

    private bool IsHello(ReadOnlySpan<byte> packet)
    {
        if (packet.Length != 12 || Number(packet, 0) != Hello)
        {
            return false;
        }

        ushort lowest = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]), highest = BinaryPrimitives.ReadUInt16BigEndian(packet[6..]);
        _grants = Number(packet, 8);
        return lowest <= 1 && highest >= 1 && (_grants & ~AllGrants) == 0;
    }

    private bool IsFile(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> path, SafeFileHandle? descriptor)
    {
        if (packet.Length != 8 + path.Length + 1 || Number(packet, 0) != File)
        {
            return false;
        }

        _error = Number(packet, 4);
        return packet[8..^1].SequenceEqual(path) && packet[^1] == 0 && (_error == 0) == (descriptor is not null);
    }

    private bool IsAnswer(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor)
    {
        if (_asked == Open)
        {
            return IsFile(packet, _path.AsSpan(0, _pathLength), descriptor);
        }

        if (packet.Length != 8 || Number(packet, 0) != Reply || descriptor is not null)
        {
            return false;
        }

        _error = Number(packet, 4);
        _isMounted |= _asked == Mount && _error == 0;
        _hasNoted |= _asked == TableOptions && _error == 0;
        return true;
    }

    private void CheckOrder(uint kind, ReadOnlySpan<byte> packet)
    {
        Require(kind != TableOptions || !_hasNoted, "the server writes into the mount table twice");
        if (_isRefusal)
        {
            Require(kind == Goodbye && packet.Length == 8 && Number(packet, 4) == 1, "the server goes on after its refusal");
        }
        else if (kind == Goodbye)
        {
            uint code = packet.Length == 8 ? Number(packet, 4) : uint.MaxValue;
            Require(code == 0 ? _isMounted : code == 1 && _hasNoted, "the server leaves as if it served, or without a word");
        }
        else if (!IsVerdict(kind, packet))
        {
            bool isSecondType = kind == Type && _said == Type && _isBlockMount && _error != 0;
            bool isDue = kind switch
            {
                Open or OpenBlockDevice => _said is 0 or Open,
                Type => _said is 0 or Open || isSecondType,
                Source => _said == Type,
                MountPoint => _said == Source,
                Options => _said == MountPoint,
                TableOptions => _said is MountPoint or Options,
                Mount => _said is MountPoint or Options or TableOptions,
                _ => false,
            };
            Require(isDue, "the server describes the mount in another order");
            Require(_error == 0 || isSecondType || _said is 0 or Open or TableOptions, "the server goes on where the helper refused");
        }
    }

    private static bool IsVerdict(uint kind, ReadOnlySpan<byte> packet) => kind == TableOptions && packet[4..].StartsWith("x-fuse4fs.verdict="u8);

    private void CheckForm(uint kind, ReadOnlySpan<byte> packet)
    {
        int header = kind switch { Open or OpenBlockDevice => 20, MountPoint => 8, _ => 4 };
        bool isNumber = kind is Type or Mount or Goodbye;
        Require(isNumber ? packet.Length == 8 : packet.Length >= header + 2 && packet.Length <= 1 << 16, "a command of an impossible size");
        Require(isNumber || packet[header..].IndexOf((byte)0) == packet.Length - header - 1, "a text that does not end where its packet does");
        uint number = packet.Length < 8 ? 0 : Number(packet, 4);
        bool isFine = kind switch
        {
            Open or OpenBlockDevice => (number & ~(ReadWrite | Exclusive | NonBlocking | Direct)) == 0 && Number(packet, 8) == 0 && Number(packet, 12) <= 1
                && (kind == OpenBlockDevice || Number(packet, 16) == 0),
            Type => number <= ((_grants & BlockMountGrant) != 0 ? 1u : 0),
            MountPoint => number == 0x4000_0000,
            Mount => (number & ~AllMountFlags) == 0 && (number & ReadOnlyMount) != 0,
            Options => AreOptions(packet[4..^1]),
            _ => true,
        };
        Require(isFine, "a command that asks for what it may not");
    }

    private bool AreOptions(ReadOnlySpan<byte> list) => OptionList.Split(Encoding.UTF8.GetString(list)).All(word => word.Split('=', 2) switch
    {
        ["default_permissions"] => true,
        ["allow_other"] => true,
        ["max_read", { Length: > 0 } number] => number.All(char.IsAsciiDigit),
        ["blksize", { Length: > 0 } number] => _isBlockMount && number.All(char.IsAsciiDigit),
        ["context" or "fscontext" or "defcontext" or "rootcontext", { Length: > 0 }] => true,
        _ => false,
    });

    private void Note(uint kind, ReadOnlySpan<byte> packet)
    {
        _asked = kind == OpenBlockDevice ? Open : kind;
        if (_asked == Open)
        {
            _pathLength = packet.Length - 21;
            packet[20..^1].CopyTo(_path);
        }

        _isBlockMount = kind == Type ? Number(packet, 4) == 1 : _isBlockMount;
        _isRefusal |= IsVerdict(kind, packet);
        IsServing = kind == Goodbye && Number(packet, 4) == 0;
        _said = _asked;
        _stage = kind == Goodbye ? Stage.Over : Stage.Answer;
    }

    private static void Require(bool isFine, string objection)
    {
        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, objection);
        }
    }
}
