using System.Security.Cryptography;
using System.Text;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Primitives;

/// <summary>Vectors: FIPS 180-4's examples, published by NIST.</summary>
public sealed class Sha2Tests
{
    private const string TwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    private const string TwoLongBlocks =
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

    [Theory]
    [InlineData("", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("abc", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    [InlineData(TwoBlocks, "248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1")]
    public void Sha256_of_a_published_message_is_the_published_digest(string message, string digest) =>
        Assert.Equal(digest, Convert.ToHexString(Digest256(Encoding.ASCII.GetBytes(message))));

    [Theory]
    [InlineData(
        "abc",
        "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F")]
    [InlineData(
        TwoLongBlocks,
        "8E959B75DAE313DA8CF4F72814FC143F8F7779C6EB9F7FA17299AEADB6889018501D289E4900F7E4331B99DEC4B5433AC7D329EEB6DD26545E96E55B874BE909")]
    public void Sha512_of_a_published_message_is_the_published_digest(string message, string digest) =>
        Assert.Equal(digest, Convert.ToHexString(Digest512(Encoding.ASCII.GetBytes(message))));

    [Fact]
    public void Sha256_of_a_million_letters_is_the_published_digest()
    {
        byte[] message = new byte[1_000_000];
        message.AsSpan().Fill((byte)'a');

        Assert.Equal(
            "CDC76E5C9914FB9281A1C7E284D73E67F1809A48A497200E046D39CCC7112CD0", Convert.ToHexString(Digest256(message)));
    }

    [Fact]
    public void Every_length_around_the_block_sizes_hashes_as_the_platform_hashes_it()
    {
        byte[] message = new byte[700];
        new Random(7).NextBytes(message);
        for (int length = 0; length <= message.Length; length++)
        {
            ReadOnlySpan<byte> part = message.AsSpan(0, length);
            Assert.Equal(SHA256.HashData(part), Digest256(part));
            Assert.Equal(SHA512.HashData(part), Digest512(part));
        }
    }

    [Fact]
    public void Pieces_of_any_size_hash_as_the_whole()
    {
        Random random = new(11);
        byte[] message = new byte[5000];
        random.NextBytes(message);
        for (int run = 0; run < 50; run++)
        {
            Sha256 small = Sha256.Create();
            Sha512 large = Sha512.Create();
            for (int at = 0; at < message.Length;)
            {
                int count = Math.Min(random.Next(0, 300), message.Length - at);
                small.Append(message.AsSpan(at, count));
                large.Append(message.AsSpan(at, count));
                at += count;
            }

            Assert.Equal(SHA256.HashData(message), Finish(ref small));
            Assert.Equal(SHA512.HashData(message), Finish(ref large));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(300)]
    public void Appended_zeros_hash_as_an_array_of_zeros(int count)
    {
        byte[] message = [1, 2, 3, .. new byte[count]];
        Sha256 small = Sha256.Create();
        Sha512 large = Sha512.Create();
        small.Append(message.AsSpan(0, 3));
        large.Append(message.AsSpan(0, 3));
        small.AppendZeros(count);
        large.AppendZeros(count);

        Assert.Equal(SHA256.HashData(message), Finish(ref small));
        Assert.Equal(SHA512.HashData(message), Finish(ref large));
    }

    [Fact]
    public void A_copy_remembers_what_was_hashed_before_and_leaves_the_original_alone()
    {
        Sha256 original = Sha256.Create();
        original.Append("ab"u8);
        Sha256 copy = original;
        copy.Append("x"u8);
        original.Append("c"u8);

        Assert.Equal(SHA256.HashData("abx"u8), Finish(ref copy));
        Assert.Equal(SHA256.HashData("abc"u8), Finish(ref original));
    }

    private static byte[] Digest256(ReadOnlySpan<byte> message)
    {
        Sha256 hash = Sha256.Create();
        hash.Append(message);
        return Finish(ref hash);
    }

    private static byte[] Digest512(ReadOnlySpan<byte> message)
    {
        Sha512 hash = Sha512.Create();
        hash.Append(message);
        return Finish(ref hash);
    }

    private static byte[] Finish(ref Sha256 hash)
    {
        byte[] digest = new byte[Sha256.DigestSize];
        hash.Finish(digest);
        return digest;
    }

    private static byte[] Finish(ref Sha512 hash)
    {
        byte[] digest = new byte[Sha512.DigestSize];
        hash.Finish(digest);
        return digest;
    }
}
