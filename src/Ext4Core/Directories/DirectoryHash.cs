using System.Numerics;
using System.Runtime.CompilerServices;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>A name's place in its directory's htree.</summary>
/// <param name="Major">Orders the tree; its lowest bit is clear, for the tree keeps a mark there.</param>
/// <param name="Minor">Tells names with the same major hash apart in listings; the tree does not know it.</param>
internal readonly record struct NameHash(uint Major, uint Minor);

/// <summary>Hashes names for the htree.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/directory.rst, "Hash Tree Directories"; MD4 is RFC 1320, TEA is
/// Wheeler and Needham, "TEA, a Tiny Encryption Algorithm". Both run here with fewer rounds than published.</remarks>
internal static class DirectoryHash
{
    /// <summary>A hash that would mean the end of the directory in a listing's position is moved off it.</summary>
    private const uint EndOfDirectory = 0xFFFF_FFFE;

    /// <summary>The version that a volume or a tree names, in the variant that its bytes are compared in.</summary>
    /// <returns>False for a version that names no hash of bytes.</returns>
    public static bool TryResolve(HashVersion named, bool areBytesUnsigned, out HashVersion version)
    {
        version = named <= HashVersion.Tea && areBytesUnsigned ? named + (int)HashVersion.LegacyUnsigned : named;
        return version <= HashVersion.TeaUnsigned;
    }

    /// <summary>Hashes a name.</summary>
    /// <param name="version">Which hash, any but SipHash.</param>
    /// <param name="seed">The volume's four words; all zero means the published ones.</param>
    /// <param name="name">The name as stored, or its folded form in casefolded directories.</param>
    public static NameHash Compute(HashVersion version, ReadOnlySpan<uint> seed, ReadOnlySpan<byte> name)
    {
        bool isSigned = version < HashVersion.LegacyUnsigned;
        NameHash hash = (HashVersion)((int)version % (int)HashVersion.LegacyUnsigned) switch
        {
            HashVersion.HalfMd4 => HalfMd4(Start(seed), name, isSigned),
            HashVersion.Tea => Tea(Start(seed), name, isSigned),
            _ => new(Legacy(name, isSigned), 0),
        };
        uint major = hash.Major & ~1u;
        return hash with { Major = major == EndOfDirectory ? EndOfDirectory - 2 : major };
    }

    private static uint Legacy(ReadOnlySpan<byte> name, bool isSigned)
    {
        unchecked
        {
            uint last = 0x12A3_FE2D;
            uint beforeLast = 0x37AB_E8F9;
            foreach (byte value in name)
            {
                uint next = beforeLast + (last ^ (Widen(value, isSigned) * 7_152_373));
                if ((next & 0x8000_0000) != 0)
                {
                    next -= 0x7FFF_FFFF;
                }

                beforeLast = last;
                last = next;
            }

            return last << 1;
        }
    }

    private static NameHash Tea(HashState state, ReadOnlySpan<byte> name, bool isSigned)
    {
        Span<uint> key = stackalloc uint[4];
        while (!name.IsEmpty)
        {
            Pack(name, isSigned, key);
            TeaRounds(ref state, key);
            name = name[Math.Min(name.Length, key.Length * 4)..];
        }

        return new(state[0], state[1]);
    }

    private static void TeaRounds(ref HashState state, ReadOnlySpan<uint> key)
    {
        const uint Delta = 0x9E37_79B9;
        const int Rounds = 16;
        unchecked
        {
            uint left = state[0];
            uint right = state[1];
            uint sum = 0;
            for (int round = 0; round < Rounds; round++)
            {
                sum += Delta;
                left += ((right << 4) + key[0]) ^ (right + sum) ^ ((right >> 5) + key[1]);
                right += ((left << 4) + key[2]) ^ (left + sum) ^ ((left >> 5) + key[3]);
            }

            state[0] += left;
            state[1] += right;
        }
    }

    private static NameHash HalfMd4(HashState state, ReadOnlySpan<byte> name, bool isSigned)
    {
        Span<uint> words = stackalloc uint[8];
        while (!name.IsEmpty)
        {
            Pack(name, isSigned, words);
            Md4Rounds(ref state, words);
            name = name[Math.Min(name.Length, words.Length * 4)..];
        }

        return new(state[1], state[2]);
    }

    /// <summary>MD4's three rounds over eight words in place of sixteen.</summary>
    private static void Md4Rounds(ref HashState state, ReadOnlySpan<uint> words)
    {
        ReadOnlySpan<byte> order = [0, 1, 2, 3, 4, 5, 6, 7, 1, 3, 5, 7, 0, 2, 4, 6, 3, 7, 2, 6, 1, 5, 0, 4];
        ReadOnlySpan<byte> shifts = [3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15];
        ReadOnlySpan<uint> constants = [0, 0x5A82_7999, 0x6ED9_EBA1];
        unchecked
        {
            uint a = state[0];
            uint b = state[1];
            uint c = state[2];
            uint d = state[3];
            for (int step = 0; step < order.Length; step++)
            {
                int round = step >> 3;
                uint mixed = round switch
                {
                    0 => (b & c) | (~b & d),
                    1 => (b & c) | (b & d) | (c & d),
                    _ => b ^ c ^ d,
                };
                uint rotated = BitOperations.RotateLeft(
                    a + mixed + words[order[step]] + constants[round], shifts[(round << 2) | (step & 3)]);
                (a, b, c, d) = (d, rotated, b, c);
            }

            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
        }
    }

    /// <summary>Packs bytes into words, first byte highest, and fills up with words made of the length that is left:
    /// four times one byte, unless folding has made the name longer than a byte can say.</summary>
    private static void Pack(ReadOnlySpan<byte> name, bool isSigned, Span<uint> words)
    {
        unchecked
        {
            uint filler = (uint)name.Length | ((uint)name.Length << 8);
            filler |= filler << 16;
            name = name[..Math.Min(name.Length, words.Length * 4)];
            for (int index = 0; index < words.Length; index++)
            {
                uint word = filler;
                int first = index * 4;
                int end = Math.Min(first + 4, name.Length);
                for (int at = first; at < end; at++)
                {
                    word = Widen(name[at], isSigned) + (word << 8);
                }

                words[index] = word;
            }
        }
    }

    private static uint Widen(byte value, bool isSigned) => unchecked(isSigned ? (uint)(sbyte)value : value);

    private static HashState Start(ReadOnlySpan<uint> seed)
    {
        HashState state = default;
        if (seed.IndexOfAnyExcept(0u) >= 0)
        {
            seed.CopyTo(state);
            return state;
        }

        state[0] = 0x6745_2301;
        state[1] = 0xEFCD_AB89;
        state[2] = 0x98BA_DCFE;
        state[3] = 0x1032_5476;
        return state;
    }

    [InlineArray(4)]
    private struct HashState
    {
        private uint _first;
    }
}
