using Ext4Safety.Fuzz.Conversations;
using Ext4Safety.Fuzz.Mutation;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Fuse4fs.Service;
using Microsoft.Win32.SafeHandles;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The server's end of the service protocol, against a helper that says anything.</summary>
/// <remarks>Input: options (1 the volume lies on a block device, 2 it is refused, 4 the service has options of its own), then
/// what the helper says: <see cref="ScriptedPeer"/>.</remarks>
internal sealed class ServiceServerTarget : FuzzTarget
{
    private const int IsBlockDevice = 1, IsVolumeRefused = 2, HasOwnOptions = 4;
    private const int Usual = Libc.OpenExclusive | Libc.OpenNonBlocking;
    private const int MostSpares = 2, BlockSize = 1024;
    private const int LongestInput = 4096;

    private static readonly string[] NoOptions = [], AsksForOthers = ["allow_other", "kernel"], OwnOptions = ["-o", "allow_other,max_read=65536"];

    private readonly ScriptedPeer _peer = new(LongestInput);
    private readonly ServerRules _rules = new();
    private readonly List<SafeFileHandle> _held = [];

    /// <inheritdoc/>
    public override string Name => "service-server";

    /// <inheritdoc/>
    public override string Description => "the server's end of the service protocol, against a helper that says anything";

    /// <inheritdoc/>
    public override int MaximumLength => LongestInput;

    /// <inheritdoc/>
    /// <remarks>The buffer of a packet, and the command line, which a library takes apart.</remarks>
    public override long AllocationBudget => 1 << 20;

    /// <inheritdoc/>
    public override IInputMutator Mutator { get; } = new PacketMutator(isHelpers: true);

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Asked("ro,allow_other,x-tag=1").File("/dev/sdb1"u8).NoSpare().Replies(0, 0, 0, 0, 0, 0).Named("worked-example");
            yield return Asked("rw", IsBlockDevice).File("/dev/sdb1"u8, Errno.AccessDenied).File("/dev/sdb1"u8).File("/dev/fuse"u8).File("/dev/fuse"u8)
                .Replies(0, 0, 0, 0, 0).Named("read-only-device-and-two-spares");
            yield return Asked("ro", IsBlockDevice).File("/dev/sdb1"u8).NoSpare().Replies(1, 0, 0, 0, 0, 0).Named("block-mount-refused");
            yield return Asked("journal_path=/dev/sdc,fsname=label").File("/dev/sdb1"u8).File("/dev/sdc"u8).NoSpare().Replies(0, 0, 0, 0, 0).Named("external-journal");
            yield return Asked("x-a").File("/dev/sdb1"u8).NoSpare().Replies(0, 0, 0, 0, 22, 0).Named("table-options-refused");
            yield return Asked("ro", HasOwnOptions).File("/dev/sdb1"u8).NoSpare().Replies(0, 0, 0, 0, 0).Named("options-of-the-service");
            yield return Asked("ro", IsVolumeRefused).File("/dev/sdb1"u8).NoSpare().Replies(0).Named("volume-refused");
            yield return Asked("ro").File("/dev/sdb1"u8).NoSpare().Replies(0, 0, 20, 0).Named("mount-point-refused");
            yield return Asked("ro").File("/dev/sdb1"u8).NoSpare().Replies(0, 0, 0, 0, 16, 0).Named("mount-refused");
            yield return Asked("x-a").File("/dev/sdb1"u8).NoSpare().Replies(0, 0, 0, 0, 0, 16).Named("mount-refused-after-a-note");
            yield return Greeted("53414654 0001 0001 00000000").Arguments("ext4", "/dev/sdb1", "/mnt/usb", "-oallow_other").Device().File("/dev/sdb1"u8).NoSpare()
                .Replies(0, 0, 0, 1, 0).Named("others-let-in-without-a-grant");
            yield return Asked("ro").File("/dev/sdb1"u8, Errno.Busy).Replies(0).Named("device-busy");
            yield return Asked(@"context=""u:r:t:s0,c1"",rootcontext=u:r:t").File("/dev/sdb1"u8).NoSpare().Replies(0, 0, 0, 0, 0).Named("labels");
            yield return Asked("nosuch").Replies(0).Named("option-that-nobody-knows");
            yield return Asked("ro").File("/dev/sdb1"u8).NoSpare().Say("5245504C 00000000 00000000").Named("reply-too-long");
            yield return Asked("ro").File("/dev/sdb1"u8).NoSpare().Say(ReplyView.Packet(Errno.None), PacketPlan.Descriptor).Named("reply-with-a-descriptor");
            yield return Asked("ro").File("/dev/sdb2"u8).Named("file-that-was-not-asked-for");
            yield return Asked("ro").Say(FileView.Packet("/dev/sdb1"u8, Errno.None)).Named("file-without-descriptor");
            yield return Asked("ro").Say(FileView.Packet("/dev/sdb1"u8, Errno.AccessDenied), PacketPlan.Descriptor).Named("file-with-descriptor-and-error");
            yield return Asked("ro").Say(FileView.Packet("/dev/sdb1"u8, Errno.None), PacketPlan.TwoDescriptors).Named("file-with-two-descriptors");
            yield return Asked("ro").File("/dev/sdb1"u8).NoSpare().Say(ReplyView.Packet(Errno.None), PacketPlan.Silence).Named("silence");
            yield return new ConversationWriter(0).Say("53414654 0001 0001 00000004").Named("hello-with-an-unknown-flag");
            yield return new ConversationWriter(0).Say("53414654 0002 0001 00000000").Named("hello-of-no-version");
            yield return new ConversationWriter(0).Say("53414654 0002 0003 00000000").Named("hello-of-later-versions");
            yield return new ConversationWriter(0).Say("53414654 0001 0001 00000000 00").Named("hello-one-byte-too-long");
            yield return Greeted("53414654 0000 0009 00000000").Arguments("ext4", "/dev/sdb1", "/mnt/usb").Device().File("/dev/sdb1"u8).NoSpare()
                .Replies(0, 0, 0, 0, 0).Named("hello-of-many-versions");
            yield return Greeted().Say(FileView.Packet("argx"u8, Errno.None), PacketPlan.Descriptor).Named("arguments-by-another-name");
            yield return Greeted().Block([1, 2, 3]).Named("arguments-that-are-no-block");
            yield return Greeted().Block([.. "ARGS"u8, 0, 0, 0, 9, 0, 0, 0, 8]).Named("arguments-of-more-words-than-fit");
            yield return Greeted().Block([.. "ARGS"u8, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 1, 0xFF]).Device().Replies(0).Named("arguments-that-are-no-text");
            yield return Greeted().Arguments("ext4", "/dev/sdb1", "/mnt/usb", "--insecure").Device().Replies(0).Named("insecure-by-the-helper");
            yield return Greeted().Arguments("ext4", "/dev/sdb1", "/mnt/usb", "--insecure=true").Device().Replies(0).Named("insecure-by-the-helper-with-a-value");
            yield return Greeted().Arguments("ext4", "/dev/sdb1", "/mnt/usb", "-o", "lockfile=/tmp/x").Device().Replies(0).Named("lock-file-by-the-helper");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("hello", [.. "SAFT"u8]), new("file", [.. "FILE"u8]), new("reply", [.. "REPL"u8]), new("arguments", [.. "ARGS"u8]),
        new("insecure", [.. "--insecure"u8]), new("device", [.. "/dev/sdb1"u8]), new("spare", [.. "/dev/fuse"u8]),
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

        _held.Clear();
        _rules.Begin();
        _peer.Begin(input[1..], _rules);
        try
        {
            Talk(new(_peer), input[0]);
        }
        catch (ProtocolException)
        {
            // The helper broke the rules, and nothing more may have been said to it.
        }

        _rules.End(_peer.Passed, _held);
        return _rules.IsServing ? Verdict.Accepted(_rules.Digest.Value) : Verdict.Refused(_rules.Digest.Value);
    }

    /// <summary>What a service does, but for what it does with the files.</summary>
    private void Talk(HelperConversation helper, byte options)
    {
        HelperGrants grants = helper.Greet();
        SafeFileHandle arguments = Held(helper.ReceiveArguments());
        Held(helper.ReceiveDevice());
        try
        {
            IReadOnlyList<string> words = PassedArguments.WordsIn(_peer.ContentOf(arguments));
            MountPlan plan = ServicePlan.Of((options & HasOwnOptions) != 0 ? OwnOptions : NoOptions, words, grants);
            CheckPlan(plan, words, grants);
            AskForFiles(helper, plan);
            if ((options & IsVolumeRefused) != 0)
            {
                throw new MountException("E103 BlockSizeOutOfRange: found 7, expected 6");
            }

            bool isBlockMount = (options & IsBlockDevice) != 0 && grants.HasFlag(HelperGrants.BlockMount);
            MountDescription.Send(helper, plan, isBlockMount ? MountKind.Block : MountKind.Plain, BlockSize);
            MountDescription.Expect(helper.Mount(KernelOptions.FlagsOf(plan)), "the mount");
            helper.Leave();
        }
        catch (Exception refusal) when (refusal is MountException or UsageException)
        {
            helper.Refuse(refusal.Message);
        }
    }

    private static void CheckPlan(MountPlan plan, IReadOnlyList<string> words, HelperGrants grants)
    {
        bool isFine = !plan.Insecure && plan.LockFile is null && string.Equals(plan.Subtype, words[0], StringComparison.Ordinal)
            && (!plan.AllowOther || grants.HasFlag(HelperGrants.AllowOther) || words.Any(word => AsksForOthers.Any(word.Contains)));
        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, $"a helper's words make a plan that is not theirs to make: {plan}");
        }
    }

    private void AskForFiles(HelperConversation helper, MountPlan plan)
    {
        Need(helper, plan, plan.Device);
        if (plan.JournalPath is not null)
        {
            Need(helper, plan, plan.JournalPath);
        }

        for (int count = 0; count < MostSpares && TryTake(helper, FuseChannel.DevicePath, Libc.OpenReadWrite, OpenRequestFlags.Quiet) == Errno.None; count++)
        {
        }
    }

    /// <summary>For writing where that was asked for, and for reading otherwise.</summary>
    private void Need(HelperConversation helper, MountPlan plan, string path)
    {
        Errno error = plan.WriteRequested ? TryTake(helper, path, Usual | Libc.OpenReadWrite, OpenRequestFlags.None) : Errno.ReadOnly;
        if (error is Errno.NotPermitted or Errno.AccessDenied or Errno.ReadOnly)
        {
            error = TryTake(helper, path, Usual, OpenRequestFlags.None);
        }

        MountDescription.Expect(error, path);
    }

    private Errno TryTake(HelperConversation helper, string path, int flags, OpenRequestFlags request)
    {
        Errno error = helper.TryOpen(path, flags, request, out SafeFileHandle? file);
        if (file is not null)
        {
            Held(file);
        }

        return error;
    }

    private SafeFileHandle Held(SafeFileHandle file)
    {
        _held.Add(file);
        return file;
    }

    private static ConversationWriter Greeted(string hello = "53414654 0001 0001 00000003", int options = 0) => new ConversationWriter(options).Say(hello);

    /// <summary>A helper that was called for a mount with these options.</summary>
    private static ConversationWriter Asked(string mountOptions, int options = 0) =>
        Greeted(options: options).Arguments("ext4", "/dev/sdb1", "/mnt/usb", "-o", mountOptions).Device();
}
