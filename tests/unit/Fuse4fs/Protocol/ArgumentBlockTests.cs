using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Fuse4fs.Protocol;

namespace Fuse4fs.UnitTests.Protocol;

/// <summary>The words of the command line, as they come in a file.</summary>
public class ArgumentBlockTests
{
    private static byte[] Sample => ArgumentBlock.Of([[.. "ext4"u8], [.. "image"u8], [.. "dir"u8]], tableEntries: 4);

    public static TheoryData<string, int, uint> Damage => new()
    {
        { "magic", 0, 0x41524754 },
        { "no words", 4, 0 },
        { "more words than entries fit", 4, 9 },
        { "as many words as there are numbers", 4, uint.MaxValue },
        { "a word behind the end", 8, 56 },
        { "a word far behind the end", 8, uint.MaxValue },
        { "a length over the end", 12, 17 },
        { "a length that wraps", 12, uint.MaxValue },
    };

    [Theory]
    [MemberData(nameof(Damage))]
    public void A_number_that_leads_outside_is_refused(string what, int offset, uint value)
    {
        byte[] block = Sample;
        BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(offset), value);
        Assert.False(string.IsNullOrEmpty(Assert.Throws<ProtocolException>(() => ArgumentBlock.Parse(block)).Message), what);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(31)]
    public void A_block_that_is_cut_is_refused(int length) => Assert.Throws<ProtocolException>(() => ArgumentBlock.Parse(Sample.AsSpan(0, length)));

    [Fact]
    public void A_block_beyond_the_bound_is_refused()
    {
        byte[] block = new byte[Limits.ArgumentBytes + 1];
        Sample.CopyTo(block, 0);
        Assert.Throws<ProtocolException>(() => ArgumentBlock.Parse(block));
        Assert.Equal(3, ArgumentBlock.Parse(block.AsSpan(..^1)).Count);
    }

    [Fact]
    public void Words_that_all_share_the_same_bytes_cannot_add_up_to_more_than_was_sent()
    {
        const int count = 100;
        byte[] block = new byte[8 + (8 * count) + 1000];
        BinaryPrimitives.WriteUInt32BigEndian(block, (uint)PacketKind.Arguments);
        BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(4), count);
        for (int index = 0; index < count; index++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(8 + (8 * index)), 8 + (8 * count));
            BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(12 + (8 * index)), 1000);
        }

        Assert.Throws<ProtocolException>(() => ArgumentBlock.Parse(block));
    }

    [Fact]
    public void A_word_ends_at_its_first_nul_and_an_empty_one_is_a_word()
    {
        byte[] block = ArgumentBlock.Of([[.. "ext4"u8], [.. "a\0b"u8], []], tableEntries: 3);
        Assert.Equal([[.. "ext4"u8], [.. "a"u8], []], ArgumentBlock.Parse(block));
    }

    [Fact]
    public void Any_words_come_back_and_any_damage_is_refused_or_read() => Prop.ForAll(
        (from words in Gen.Choose(1, 255).Select(value => (byte)value).ArrayOf().NonEmptyListOf()
         from gap in Gen.Choose(0, 5)
         from offset in Gen.Choose(0, 200)
         from value in Gen.Choose(0, 255)
         select (Words: words.ToArray(), gap, offset, (byte)value)).ToArbitrary(),
        drawn =>
        {
            byte[] block = ArgumentBlock.Of(drawn.Words, drawn.Words.Length + drawn.gap);
            bool same = ArgumentBlock.Parse(block).Zip(drawn.Words, (read, written) => read.AsSpan().SequenceEqual(written)).All(equal => equal);
            block[drawn.offset % block.Length] = drawn.Item4;
            try
            {
                return same & (ArgumentBlock.Parse(block).Sum(word => word.Length) <= block.Length);
            }
            catch (ProtocolException)
            {
                return same;
            }
        }).QuickCheckThrowOnFailure();
}
