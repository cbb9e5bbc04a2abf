using Ext4Safety.Fuzz.Conversations;
using Ext4Safety.Fuzz.Mutation;
using Fuse4fs.Mount;
using Fuse4fs.Protocol;
using HelperOutcome = Fuse4fs.Mount.Outcome;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The helper's end of the service protocol, against a server that its volume has taken over.</summary>
/// <remarks>Input: options (the lowest two bits say what the caller wrote, 4 he is root, 8 he may let others in, the rest is what goes
/// wrong in the world: <see cref="WorldFault"/>), then what the server says: <see cref="ScriptedPeer"/>.</remarks>
internal sealed class ServiceHelperTarget : FuzzTarget
{
    private const int IsRoot = 4, MayAllowOthers = 8, FaultShift = 4;
    private const int Root = IsRoot | MayAllowOthers;
    private const int LongestInput = 4096;

    private static readonly Invocation[] Invocations =
    [
        CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-t", "fuse.ext4", "-o", "ro,allow_other,x-tag=1"]),
        CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-o", "ro,rw,suid,dev,fsname=label,subtype=mine,journal_path=/dev/sdc"]),
        CommandLine.Parse(["/home/u/disk.img", "/mnt/usb", "-o", "noexec,nosymfollow,suid,dev,nosuid"]),
        CommandLine.Parse(["/dev/sdb1", "/mnt/usb"]),
    ];

    private static readonly byte[] Type = NumberView.Packet(PacketKind.Type, 0), Source = TextView.Packet(PacketKind.Source, "/dev/sdb1"u8),
        Point = MountPointView.Packet("/mnt/usb"u8, MountPointType.Directory), Mount = NumberView.Packet(PacketKind.Mount, 7),
        Goodbye = NumberView.Packet(PacketKind.Goodbye, 0);

    private readonly ScriptedPeer _peer = new(LongestInput);
    private readonly HelperRules _rules = new();
    private readonly RecordedMounting _world;

    public ServiceHelperTarget() => _world = new(_rules);

    /// <inheritdoc/>
    public override string Name => "service-helper";

    /// <inheritdoc/>
    public override string Description => "the helper's end of the service protocol, against a server that says anything";

    /// <inheritdoc/>
    public override int MaximumLength => LongestInput;

    /// <inheritdoc/>
    /// <remarks>The buffer of a packet, and a few strings for each of a thousand packets.</remarks>
    public override long AllocationBudget => 2 << 20;

    /// <inheritdoc/>
    public override IInputMutator Mutator { get; } = new PacketMutator(isHelpers: false);

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Greeted().Say("42444556 00000080 00000000 00000000 00001000 2f6465762f7364623100").Say(Type).Say(Source).Say(Point)
                .Say("4f505453 616c6c6f775f6f7468657200").Say("4d544142 782d7461673d3100").Say(Mount).Say(Goodbye).Named("worked-example");
            yield return Greeted(2).Say("4f50454e 00000082 00000000 00000000 00000000 2f686f6d652f752f6469736b2e696d6700")
                .Say("4f50454e 00000080 00000000 00000000 00000000 2f686f6d652f752f6469736b2e696d6700").Say(Type)
                .Say(TextView.Packet(PacketKind.Source, "fuse4fs"u8)).Say("4d4e5450 8000 0000 2f6d6e742f75736200")
                .Say(NumberView.Packet(PacketKind.Goodbye, 1)).Named("worked-example-of-a-refusal");
            yield return Greeted(1 | Root).Say(NumberView.Packet(PacketKind.Type, 1)).Say(Source).Say(Point)
                .Say(TextView.Packet(PacketKind.Options, "default_permissions,max_read=4096,blksize=4096,context=x"u8))
                .Say(NumberView.Packet(PacketKind.Mount, 0)).Say(Goodbye).Named("block-mount-with-every-option");
            yield return Greeted(1 | Root).Say(Type).Say(TextView.Packet(PacketKind.Source, "mine"u8)).Say(Point)
                .Say(TextView.Packet(PacketKind.Options, "max_read=\"4096\",context=\"u:r:t:s0,c1\""u8)).Say(Mount).Say(Goodbye).Named("quotes-and-a-subtype-for-a-source");
            yield return Greeted(3).Say(NumberView.Packet(PacketKind.Type, 1)).Say(Type).Say(Source).Say(Point)
                .Say(TextView.Packet(PacketKind.TableOptions, "user=alice,x-a"u8)).Say(Mount).Say(Goodbye).Named("block-mount-of-a-user");
            yield return Greeted().Open("/dev/fuse"u8, 2).Open("/proc/pressure/memory"u8, 0x802).Open("/sys/fs/cgroup/a/memory.pressure"u8, 0x802)
                .Described().Say(Mount).Say(Goodbye).Named("files-of-the-system");
            yield return Greeted(1 | Root).Open("/dev/sdc"u8, 0x82).Open("/dev/sdb1"u8, 0x4082).Described().Say(Mount).Say(Goodbye).Named("external-journal-for-writing");
            yield return Greeted().Open("/etc/shadow"u8, 0).Open("/dev/sdb1/"u8, 0).Open("/dev/../dev/sdb1"u8, 0).Open("/sys/fs/cgroup/../../../etc/memory.pressure"u8, 0)
                .Described().Say(Mount).Say(Goodbye).Named("files-that-nobody-named");
            yield return Greeted().Open("/dev/sdb1"u8, 2).Open("/dev/sdb1"u8, 0x40).Open("/dev/sdb1"u8, 0x202).Open("/dev/sdb1"u8, 0x20_0000)
                .Described().Say(Mount).Say(Goodbye).Named("flags-that-nobody-may");
            yield return Greeted().Say("4F50454E 00000000 00000000 00000000 00000000 00").Say("4F50454E 00000000 00000000 00000000 00000000 2F")
                .Say("4F50454E 00000000 00000000 00000002 00000000 2F00").Described().Say(Mount).Say(Goodbye).Named("files-malformed");
            yield return Greeted().Say("4E414D45 00").Say("54595045 00000002").Say("54595045 000000").Say("4D4E5450 4000 0001 2F6D6E742F75736200")
                .Say("4D4E5450 6000 0000 2F6D6E742F75736200").Say("4D544142 7375696400").Say("444F4954 00000001").Say("4F505453 616C6C6F775F6F7468657200")
                .Described().Say(Mount).Say(Goodbye).Named("commands-malformed-or-too-early");
            yield return Greeted().Described().Say(Type).Say(Source).Say(Point).Say(Mount).Say(Mount).Say(Goodbye).Named("everything-twice");
            yield return Greeted().Say(Type).Open("/dev/sdb1"u8, 0).Say(Source).Say(Point).Say(Mount).Say(Goodbye).Named("file-after-the-type");
            yield return Greeted(2).Say(Type).Say(TextView.Packet(PacketKind.Source, "/home/u/disk.img"u8)).Say(Point)
                .Say("4F505453 616C6C6F775F6F7468657200").Say("4F505453 66643D3300").Say(NumberView.Packet(PacketKind.Mount, 0)).Say(Goodbye).Named("options-that-a-user-may-not");
            yield return Greeted().Described().Say(NumberView.Packet(PacketKind.Mount, 0x20)).Say(NumberView.Packet(PacketKind.Mount, 0x80000000)).Say(Mount).Say(Goodbye)
                .Named("flag-of-no-mount");
            yield return Greeted(Root | ((int)WorldFault.NoMount << FaultShift)).Described().Say(Mount).Say(Mount).Say(Goodbye).Named("mount-that-fails");
            yield return Greeted(Root | ((int)WorldFault.NoFiles << FaultShift)).Open("/dev/sdb1"u8, 0x80).Say(NumberView.Packet(PacketKind.Goodbye, 1)).Named("device-busy");
            yield return Greeted(Root | ((int)WorldFault.NoOptions << FaultShift)).Described().Say(Goodbye).Named("kernel-that-takes-no-option");
            yield return Greeted(Root | ((int)WorldFault.NoFuse << FaultShift)).Named("no-fuse-device");
            yield return Greeted().Say(TextView.Packet(PacketKind.TableOptions, "x-fuse4fs.verdict=E103%20BlockSize"u8)).Say(NumberView.Packet(PacketKind.Goodbye, 1)).Named("verdict");
            yield return Greeted().Described().Say(Mount).Say(NumberView.Packet(PacketKind.Goodbye, 2)).Named("goodbye-with-a-code");
            yield return Greeted().Say(Goodbye).Named("goodbye-without-a-mount");
            yield return Greeted().Say("42594545").Named("goodbye-malformed");
            yield return Greeted().Say("58585858 00000000").Named("no-command");
            yield return Greeted().Say("585858").Named("no-packet");
            yield return Greeted().Say(Type, PacketPlan.Descriptor).Named("descriptor-from-the-server");
            yield return Greeted().Say(Type, PacketPlan.TwoDescriptors).Named("two-descriptors-from-the-server");
            yield return Greeted().Say(Type, PacketPlan.Silence).Named("silence");
            yield return new ConversationWriter(Root).Say("4C415354 0002 0000").Named("hello-of-another-version");
            yield return new ConversationWriter(Root).Say("4C415354 0001 0001").Named("hello-with-padding");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        .. PacketCatalogue.All.Where(shape => !shape.IsHelpers).Select(shape => new DictionaryWord($"kind_{shape.Kind}", shape.Example[..sizeof(uint)])).DistinctBy(word => word.Name, StringComparer.Ordinal),
        new("device", [.. "/dev/sdb1"u8]), new("fuse", [.. "/dev/fuse"u8]), new("pressure", [.. "/proc/pressure/memory"u8]),
        new("point", [.. "/mnt/usb"u8]), new("verdict", [.. "x-fuse4fs.verdict="u8]), new("allow_other", [.. "allow_other"u8]),
        new("max_read", [.. "max_read="u8]), new("context", [.. "context="u8]), new("user", [.. "user=alice"u8]),
    ];

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Simpler(byte[] input) => PacketMutator.Simpler(input);

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || input.Length > LongestInput)
        {
            return Verdict.Unfit;
        }

        byte options = input[0];
        Invocation invocation = Invocations[options % Invocations.Length];
        _world.Begin((options & IsRoot) != 0, (options & MayAllowOthers) != 0, (WorldFault)(options >> FaultShift));
        _rules.Begin(invocation, _world);
        _peer.Begin(input[1..], _rules);
        HelperOutcome? outcome = null;
        try
        {
            outcome = new ServerConversation(_peer, invocation, _world).Run();
        }
        catch (Exception refusal) when (refusal is ProtocolException || (refusal is MountException && _world.Faults.HasFlag(WorldFault.NoFuse)))
        {
            // The server broke the rules, or there is nothing to mount with: nothing more may have been said or done.
        }

        _rules.End(_peer.Passed, outcome);
        return outcome is { IsMounted: true } ? Verdict.Accepted(_rules.Digest.Value) : Verdict.Refused(_rules.Digest.Value);
    }

    private static ConversationWriter Greeted(int options = Root) => new ConversationWriter(options).Say(HelloReplyView.Packet());
}
