using Ext4Core;
using Ext4Core.Integrity;
using Ext4Safety.Fuzz.Staging;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Operations;
using Fuse4fs.Options;
using Fuse4fs.Wire;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A request of the kernel's, from its bytes to the answer, over a small volume in memory.</summary>
/// <remarks>Input: options (1 hides access control lists, 2 answers opens, 0x1C leaves the length in the header as it is), then
/// the request. An answer must be the same again, whatever the reply's memory held before: nothing of that may reach the kernel.</remarks>
internal sealed class FuseRequestTarget : FuzzTarget
{
    private const int HidesLists = 1, AnswersOpens = 2, KeepsLength = 0x1C;
    private const int ReplySize = 72 << 10;

    /// <summary>A listing of the whole tree with every inode, and as much for one file.</summary>
    private const int MostVisits = 64;

    private readonly byte[] _request = new byte[4096];
    private readonly byte[] _reply = new byte[ReplySize];
    private readonly byte[] _again = new byte[ReplySize];
    private readonly Serving[] _servings;

    public FuseRequestTarget()
    {
        StagedVolume staged = new(InputOptions.Of());
        StagedTree.Plant(staged);
        Volume volume = Volume.Mount(staged.Device, new VolumeOptions { CacheBytes = 0 });
        Containment containment = new(new EventLog(new NoLog()), ErrorPolicy.Continue, static () => { });
        _servings = new Serving[4];
        for (int options = 0; options < _servings.Length; options++)
        {
            _servings[options] = new(new(volume, containment, (options & HidesLists) == 0, (options & AnswersOpens) != 0));
        }
    }

    /// <inheritdoc/>
    public override string Name => "fuse-request";

    /// <inheritdoc/>
    public override string Description => "requests of the kernel's: decoding, dispatch and answers, without a kernel";

    /// <inheritdoc/>
    public override long AllocationBudget => 32 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(Opcode.Lookup, NodeId.Root, "file\0"u8).Named("lookup");
            yield return Of(Opcode.Lookup, NodeId.Root, "missing\0"u8).Named("lookup-of-a-missing-name");
            yield return Of(Opcode.Lookup, NodeId.Root, "a/b\0"u8).Named("lookup-of-a-path");
            yield return Of(Opcode.Lookup, StagedTree.File, ".\0"u8).Named("lookup-of-a-handle");
            yield return Of(Opcode.GetAttributes, StagedTree.DamagedFile, new byte[16]).Named("attributes-of-a-damaged-file");
            yield return Of(Opcode.GetAttributes, StagedVolume.InodesCount + 1, new byte[16]).Named("attributes-of-no-inode");
            yield return Of(Opcode.Read, StagedTree.File, Read(5, 100)).Named("read");
            yield return Of(Opcode.Read, StagedTree.InlineFile, Read(0, 4096)).Named("read-of-inline-data");
            yield return Of(Opcode.Read, StagedTree.File, Read(ulong.MaxValue, 1)).Named("read-behind-everything");
            yield return Of(Opcode.Read, StagedTree.File, Read(0, uint.MaxValue)).Named("read-of-too-much");
            yield return Of(Opcode.ReadDirectory, NodeId.Root, Read(0, 4096)).Named("listing");
            yield return Of(Opcode.ReadDirectoryPlus, NodeId.Root, Read(0, 4096)).Named("listing-with-attributes");
            yield return Of(Opcode.ReadDirectory, NodeId.Root, Read(0, 8)).Named("listing-without-room");
            yield return Of(Opcode.ReadLink, StagedTree.Link, []).Named("link");
            yield return Of(Opcode.GetXattr, StagedTree.File, [100, 0, 0, 0, 0, 0, 0, 0, .. "user.a\0"u8]).Named("attribute");
            yield return Of(Opcode.ListXattr, StagedTree.File, [0, 1, 0, 0, 0, 0, 0, 0]).Named("attribute-list");
            yield return Of(Opcode.Open, StagedTree.File, new byte[8], AnswersOpens).Named("open");
            yield return Of(Opcode.Access, StagedTree.File, [4, 0, 0, 0, 0, 0, 0, 0]).Named("access");
            yield return Of(Opcode.Statistics, NodeId.Root, []).Named("statistics");
            yield return Of(Opcode.Seek, StagedTree.File, [.. new byte[16], 4, 0, 0, 0, 0, 0, 0, 0]).Named("seek-a-hole");
            yield return Of(Opcode.MapBlock, StagedTree.File, [1, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0]).Named("map-a-block");
            yield return Of(Opcode.Control, StagedTree.File, Control(0x8008_6601)).Named("flags");
            yield return Of(Opcode.Control, StagedTree.File, Control(0x8100_9431)).Named("label");
            yield return Of(Opcode.Initialize, 0, [7, 0, 0, 0, 45, 0, 0, 0, .. new byte[56]]).Named("initialize");
            yield return Of(Opcode.Forget, StagedTree.File, new byte[8]).Named("forget");
            yield return Of(Opcode.Write, StagedTree.File, new byte[40]).Named("write");
            yield return Of(Opcode.Lookup, NodeId.Root, "file\0"u8, KeepsLength).Named("lookup-of-the-wrong-length");
            yield return new("header-cut-short", new byte[Request.HeaderSize]);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        .. Enum.GetValues<Opcode>().Select(opcode => new DictionaryWord($"opcode_{opcode}", BitConverter.GetBytes((uint)opcode))),
        new("name_of_file", "file\0"u8.ToArray()),
        new("name_of_link", "link\0"u8.ToArray()),
        new("attribute_user", "user.a\0"u8.ToArray()),
        new("attribute_list", "system.posix_acl_access\0"u8.ToArray()),
        new("get_flags", BitConverter.GetBytes(0x8008_6601u)),
        new("get_extended_flags", BitConverter.GetBytes(0x801C_581Fu)),
        new("get_uuid", BitConverter.GetBytes(0x8011_1500u)),
        new("get_label", BitConverter.GetBytes(0x8100_9431u)),
    ];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty || input.Length - 1 > _request.Length)
        {
            return Verdict.Unfit;
        }

        byte options = input[0];
        Span<byte> message = _request.AsSpan(0, input.Length - 1);
        input[1..].CopyTo(message);
        if ((options & KeepsLength) != KeepsLength && message.Length >= sizeof(uint))
        {
            BitConverter.TryWriteBytes(message, message.Length);
        }

        if (!Request.TryParse(message, out Request request))
        {
            return Verdict.Refused(0);
        }

        Serving serving = _servings[options % _servings.Length];
        Answer answer = Answer(serving, request, _reply, 0x00, out Verdict verdict);
        Answer again = Answer(serving, request, _again, 0xFF, out _);
        Check(request, answer);
        if (again != answer || !_again.AsSpan(0, answer.Length).SequenceEqual(_reply.AsSpan(0, answer.Length)))
        {
            throw new FindingException(FindingKind.Contradiction, "the same request has another answer, or one with what memory held before");
        }

        return verdict;
    }

    private static Answer Answer(Serving serving, in Request request, byte[] reply, byte fill, out Verdict verdict)
    {
        reply.AsSpan().Fill(fill);
        serving.Workspace.Begin();
        try
        {
            Answer answer = Operation.Run(serving, request, reply);
            if (serving.Workspace.BlocksSpent > MostVisits)
            {
                throw new FindingException(FindingKind.Work, $"{serving.Workspace.BlocksSpent} block visits for one request");
            }

            ulong digest = new Digest().Add((ulong)answer.Error).Add(reply.AsSpan(0, answer.Length)).Value;
            verdict = answer.Error == Errno.None ? Verdict.Accepted(digest) : Verdict.Refused(digest);
            return answer;
        }
        catch (CorruptionException damage)
        {
            verdict = Verdict.Damaged(damage);
            return Fuse4fs.Dispatch.Answer.Refuse(serving.Served.Containment.Contain(damage));
        }
    }

    private static void Check(in Request request, Answer answer)
    {
        bool wantsSilence = request.Opcode is Opcode.Forget or Opcode.BatchForget or Opcode.Interrupt or Opcode.NotifyReply;
        bool isFine = answer.IsSilent == wantsSilence;
        if (isFine && request.Opcode == Opcode.Read && ReadRequest.TryParse(request.Body, out ReadRequest read))
        {
            isFine = (uint)answer.Length <= read.Count;
        }

        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, $"{request.Opcode} has an answer that no such request can have");
        }
    }

    private static InputWriter Of(Opcode opcode, ulong node, ReadOnlySpan<byte> body, int options = 0)
    {
        const int UniqueAt = 8, NodeAt = 16;
        byte[] header = new byte[Request.HeaderSize];
        BitConverter.TryWriteBytes(header.AsSpan(sizeof(uint)), (uint)opcode);
        BitConverter.TryWriteBytes(header.AsSpan(UniqueAt), 2ul);
        BitConverter.TryWriteBytes(header.AsSpan(NodeAt), node);
        return new InputWriter().U8((byte)options).Bytes(header).Bytes(body);
    }

    private static byte[] Read(ulong offset, uint count)
    {
        byte[] body = new byte[ReadRequest.Size];
        BitConverter.TryWriteBytes(body.AsSpan(8), offset);
        BitConverter.TryWriteBytes(body.AsSpan(16), count);
        return body;
    }

    private static byte[] Control(uint command)
    {
        byte[] body = new byte[ControlRequest.Size];
        BitConverter.TryWriteBytes(body.AsSpan(12), command);
        BitConverter.TryWriteBytes(body.AsSpan(28), 256u);
        return body;
    }

    /// <summary>Nobody reads what a run of a target logs.</summary>
    private sealed class NoLog : ILogDestination
    {
        public void Write(Severity severity, string line)
        {
            // A line was made, which is what could fail.
        }
    }
}
