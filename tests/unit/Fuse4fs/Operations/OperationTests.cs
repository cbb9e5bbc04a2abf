using System.Text;
using Ext4Core.Integrity;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;
using TestSupport;

namespace Fuse4fs.UnitTests.Operations;

public sealed class OperationTests : IDisposable
{
    private readonly SampleVolume _sample = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void A_name_leads_to_its_node()
    {
        Assert.Equal(EntryReply.Size, _sample.Run(Opcode.Lookup, NodeId.Root, "file\0"u8).Length);
        Assert.Equal(_sample.File, BitConverter.ToUInt64(_sample.Reply, 0));
        Assert.Equal(_sample.File, BitConverter.ToUInt64(_sample.Reply, 40));
        Assert.Equal(SampleVolume.FileBytes, BitConverter.ToUInt64(_sample.Reply, 48));
    }

    [Fact]
    public void A_name_that_does_not_exist_is_a_success_that_can_be_remembered()
    {
        Assert.Equal(Answer.Body(EntryReply.Size), _sample.Run(Opcode.Lookup, NodeId.Root, "nothing\0"u8));
        Assert.Equal(0ul, BitConverter.ToUInt64(_sample.Reply, 0));
        Assert.Equal(Validity.Forever, BitConverter.ToUInt64(_sample.Reply, 16));
    }

    [Fact]
    public void A_handle_from_elsewhere_is_looked_up_by_a_dot()
    {
        Assert.Equal(EntryReply.Size, _sample.Run(Opcode.Lookup, _sample.File, ".\0"u8).Length);
        Assert.Equal(_sample.File, BitConverter.ToUInt64(_sample.Reply, 0));
    }

    [Fact]
    public void A_handle_of_an_inode_that_is_no_longer_in_use_is_stale()
    {
        Assert.Equal(Answer.Refuse(Errno.Stale), _sample.Run(Opcode.Lookup, _sample.Deleted, ".\0"u8));
        Assert.Empty(_sample.Log.Lines);
    }

    [Fact]
    public void The_root_shows_the_number_that_ext4_gives_it()
    {
        Assert.Equal(AttributesReply.Size, _sample.Run(Opcode.GetAttributes, NodeId.Root, new byte[16]).Length);
        Assert.Equal(2ul, BitConverter.ToUInt64(_sample.Reply, 16));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(2ul)]
    [InlineData(1ul << 32)]
    [InlineData(ulong.MaxValue)]
    public void A_node_that_was_never_given_out_is_stale(ulong nodeId)
    {
        Assert.Equal(Answer.Refuse(Errno.Stale), _sample.Run(Opcode.GetAttributes, nodeId, new byte[16]));
        Assert.Equal(Answer.Refuse(Errno.Stale), _sample.Run(Opcode.Read, nodeId, RequestBytes.ReadBody(0, 4096)));
    }

    [Fact]
    public void A_read_ends_with_the_file_and_its_holes_are_zeros()
    {
        Assert.Equal((int)SampleVolume.FileBytes, _sample.Run(Opcode.Read, _sample.File, RequestBytes.ReadBody(0, 1 << 20)).Length);
        byte[] pattern = new byte[1024];
        ImageBuilder.FillPattern(pattern, _sample.File, 1);
        Assert.Equal(pattern, _sample.Reply[1024..2048]);
        Assert.Equal(new byte[2048], _sample.Reply[2048..4096]);
        Assert.Equal(0, _sample.Run(Opcode.Read, _sample.File, RequestBytes.ReadBody(SampleVolume.FileBytes, 4096)).Length);
    }

    [Theory]
    [InlineData(0ul, (1u << 20) + 1)]
    [InlineData(1ul << 63, 1u)]
    public void A_read_that_nobody_can_want_is_invalid(ulong offset, uint count) =>
        Assert.Equal(Answer.Refuse(Errno.Invalid), _sample.Run(Opcode.Read, _sample.File, RequestBytes.ReadBody(offset, count)));

    [Fact]
    public void A_listing_goes_on_where_it_stopped()
    {
        List<string> names = [];
        ulong cookie = 0;
        while (_sample.Run(Opcode.ReadDirectory, NodeId.Root, RequestBytes.ReadBody(cookie, 48)) is { Length: > 0 } answer)
        {
            cookie = Collect(answer.Length, prefix: 0, names);
        }

        Assert.Equal([".", "..", "lost+found", "file", "damaged"], names);
    }

    [Fact]
    public void A_listing_with_attributes_names_a_damaged_inode_and_leaves_it_out()
    {
        List<string> names = [];
        Answer answer = _sample.Run(Opcode.ReadDirectoryPlus, NodeId.Root, RequestBytes.ReadBody(0, 1 << 16));
        _ = Collect(answer.Length, EntryReply.Size, names);
        Assert.Equal([".:0", "..:0", "lost+found:11", $"file:{_sample.File}", "damaged:0"], names);
        Assert.Contains("code=E401", Assert.Single(_sample.Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_listing_without_room_for_one_entry_is_invalid() =>
        Assert.Equal(Answer.Refuse(Errno.Invalid), _sample.Run(Opcode.ReadDirectory, NodeId.Root, RequestBytes.ReadBody(0, 24)));

    [Fact]
    public void A_damaged_inode_is_reported_to_whoever_runs_the_operation() =>
        Assert.Throws<CorruptionException>(() => _sample.Run(Opcode.GetAttributes, _sample.Damaged, new byte[16]));

    [Theory]
    [InlineData(0ul, 3u, 0ul)]
    [InlineData(0ul, 4u, 2048ul)]
    [InlineData(2048ul, 3u, 4096ul)]
    [InlineData(4096ul, 4u, (ulong)SampleVolume.FileBytes)]
    public void Data_and_holes_are_found(ulong offset, uint whence, ulong expected)
    {
        byte[] body = new byte[SeekRequest.Size];
        BitConverter.TryWriteBytes(body.AsSpan(8), offset);
        BitConverter.TryWriteBytes(body.AsSpan(16), whence);
        Assert.Equal(Answer.Body(SeekRequest.ReplySize), _sample.Run(Opcode.Seek, _sample.File, body));
        Assert.Equal(expected, BitConverter.ToUInt64(_sample.Reply));
    }

    [Theory]
    [InlineData(0x8008_6601u, 8u, 4)]
    [InlineData(0x8008_7601u, 8u, 4)]
    [InlineData(0x801C_581Fu, 28u, 28)]
    [InlineData(0x8011_1500u, 17u, 17)]
    [InlineData(0x8100_9431u, 256u, 17)]
    public void Questions_of_ext4_are_answered(uint command, uint capacity, int expected) =>
        Assert.Equal(
            Answer.Body(ControlRequest.ReplySize + expected),
            _sample.Run(Opcode.Control, _sample.File, RequestBytes.ControlBody(command, capacity)));

    [Theory]
    [InlineData(0x4008_6602u, nameof(Errno.ReadOnly))]
    [InlineData(0x8008_662Cu, nameof(Errno.NotTerminal))]
    [InlineData(0x5401u, nameof(Errno.NotTerminal))]
    public void Other_commands_are_refused(uint command, string error) =>
        Assert.Equal(
            Answer.Refuse(Enum.Parse<Errno>(error)), _sample.Run(Opcode.Control, _sample.File, RequestBytes.ControlBody(command, 8)));

    [Theory]
    [InlineData(nameof(Opcode.SetAttributes))]
    [InlineData(nameof(Opcode.Write))]
    [InlineData(nameof(Opcode.Create))]
    [InlineData(nameof(Opcode.Unlink))]
    [InlineData(nameof(Opcode.SetXattr))]
    [InlineData(nameof(Opcode.CopyRange64))]
    public void Writing_is_refused(string opcode) =>
        Assert.Equal(Answer.Refuse(Errno.ReadOnly), _sample.Run(Enum.Parse<Opcode>(opcode), NodeId.Root, new byte[64]));

    [Theory]
    [InlineData(nameof(Opcode.Forget))]
    [InlineData(nameof(Opcode.BatchForget))]
    [InlineData(nameof(Opcode.Interrupt))]
    public void Some_requests_want_no_reply(string opcode) => Assert.True(_sample.Run(Enum.Parse<Opcode>(opcode), 0, new byte[8]).IsSilent);

    [Theory]
    [InlineData(nameof(Opcode.Open))]
    [InlineData(nameof(Opcode.OpenDirectory))]
    [InlineData(nameof(Opcode.Flush))]
    public void Opening_and_flushing_need_not_be_asked_again(string opcode) =>
        Assert.Equal(Answer.Refuse(Errno.NotImplemented), _sample.Run(Enum.Parse<Opcode>(opcode), NodeId.Root, new byte[8]));

    [Fact]
    public void Where_some_files_refuse_to_be_opened_the_others_keep_their_pages()
    {
        using SampleVolume sample = new(answersOpens: true);
        Assert.Equal(Answer.Body(Open.ReplySize), sample.Run(Opcode.Open, sample.File, new byte[8]));
        Assert.Equal((uint)OpenFlags.KeepCache, BitConverter.ToUInt32(sample.Reply, 8));
    }

    [Fact]
    public void Whatever_the_kernel_sends_is_answered_or_damage()
    {
        Random random = new(20_26);
        ulong[] nodes = [0, 1, 2, _sample.File, _sample.Damaged, ulong.MaxValue];
        for (int round = 0; round < 20_000; round++)
        {
            byte[] body = new byte[random.Next(80)];
            random.NextBytes(body);
            if (random.Next(2) == 0)
            {
                body.AsSpan(random.Next(body.Length + 1)).Clear();
            }

            byte[] message = RequestBytes.Of((Opcode)random.Next(56), nodes[random.Next(nodes.Length)], body);
            RequestBytes.PutExtensions(message, (ushort)(random.Next(4) == 0 ? random.Next(20) : 0));
            try
            {
                Answer answer = _sample.Run(message);
                Assert.InRange((int)answer.Error, 0, 511);
                Assert.InRange(answer.Length, 0, _sample.Reply.Length);
            }
            catch (CorruptionException damage)
            {
                Assert.Equal(_sample.Damaged, damage.Where.Inode);
            }
        }
    }

    private ulong Collect(int length, int prefix, List<string> names)
    {
        ulong cookie = 0;
        for (int at = 0; at < length;)
        {
            int nameLength = BitConverter.ToInt32(_sample.Reply, at + prefix + 16);
            string name = Encoding.UTF8.GetString(_sample.Reply, at + prefix + 24, nameLength);
            names.Add(prefix == 0 ? name : $"{name}:{BitConverter.ToUInt64(_sample.Reply, at)}");
            cookie = BitConverter.ToUInt64(_sample.Reply, at + prefix + 8);
            at += prefix + DirectoryRecord.LengthFor(nameLength);
        }

        return cookie;
    }
}
