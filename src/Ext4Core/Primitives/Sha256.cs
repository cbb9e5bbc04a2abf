using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ext4Core.Primitives;

/// <summary>SHA-256 in managed code: a contained static binary has no cryptographic library to call.</summary>
/// <remarks>A plain value: a copy remembers what was hashed so far. Source: FIPS 180-4, sections 4.1.2 and 6.2.</remarks>
internal struct Sha256
{
    public const int DigestSize = 32;
    public const int BlockSize = 64;
    private const int Rounds = 64;
    private const int LengthSize = 8;

    private Words _state;
    private Block _pending;
    private int _pendingCount;
    private ulong _byteCount;

    private static readonly uint[] InitialState =
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    private static readonly uint[] RoundConstants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>A hash of nothing yet.</summary>
    public static Sha256 Create()
    {
        Sha256 hash = default;
        InitialState.CopyTo(hash._state);
        return hash;
    }

    /// <summary>Hashes more bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Span<byte> pending = _pending;
        _byteCount += (ulong)bytes.Length;
        if (_pendingCount > 0)
        {
            int count = Math.Min(bytes.Length, BlockSize - _pendingCount);
            bytes[..count].CopyTo(pending[_pendingCount..]);
            _pendingCount += count;
            bytes = bytes[count..];
            if (_pendingCount < BlockSize)
            {
                return;
            }

            Compress(_state, pending);
        }

        for (; bytes.Length >= BlockSize; bytes = bytes[BlockSize..])
        {
            Compress(_state, bytes[..BlockSize]);
        }

        bytes.CopyTo(pending);
        _pendingCount = bytes.Length;
    }

    /// <summary>Hashes <paramref name="count"/> zero bytes more.</summary>
    public void AppendZeros(int count)
    {
        Span<byte> zeros = stackalloc byte[BlockSize];
        zeros.Clear();
        for (; count > 0; count -= BlockSize)
        {
            Append(zeros[..Math.Min(count, BlockSize)]);
        }
    }

    /// <summary>Pads, and gives the digest; afterwards this value is spent.</summary>
    public void Finish(Span<byte> digest)
    {
        const byte EndMark = 0x80;
        Span<byte> pending = _pending;
        pending[_pendingCount] = EndMark;
        pending[(_pendingCount + 1)..].Clear();
        if (_pendingCount >= BlockSize - LengthSize)
        {
            Compress(_state, pending);
            pending.Clear();
        }

        BinaryPrimitives.WriteUInt64BigEndian(pending[(BlockSize - LengthSize)..], _byteCount << 3);
        Compress(_state, pending);
        Span<uint> state = _state;
        for (int index = 0; index < state.Length; index++)
        {
            Be.PutU32(digest, index * sizeof(uint), state[index]);
        }
    }

    private static void Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        unchecked
        {
            Span<uint> schedule = stackalloc uint[Rounds];
            for (int index = 0; index < 16; index++)
            {
                schedule[index] = Be.U32(block, index * sizeof(uint));
            }

            for (int index = 16; index < Rounds; index++)
            {
                uint early = schedule[index - 15];
                uint late = schedule[index - 2];
                schedule[index] = schedule[index - 16] + schedule[index - 7]
                    + (BitOperations.RotateRight(early, 7) ^ BitOperations.RotateRight(early, 18) ^ (early >> 3))
                    + (BitOperations.RotateRight(late, 17) ^ BitOperations.RotateRight(late, 19) ^ (late >> 10));
            }

            uint a = state[0], b = state[1], c = state[2], d = state[3];
            uint e = state[4], f = state[5], g = state[6], h = state[7];
            uint[] constants = RoundConstants;
            for (int index = 0; index < Rounds; index++)
            {
                uint first = h + constants[index] + schedule[index] + ((e & f) ^ (~e & g))
                    + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25));
                uint second = ((a & b) ^ (a & c) ^ (b & c))
                    + (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22));
                (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
            }

            state[0] += a;
            state[1] += b;
            state[2] += c;
            state[3] += d;
            state[4] += e;
            state[5] += f;
            state[6] += g;
            state[7] += h;
        }
    }

    [InlineArray(8)]
    private struct Words
    {
        private uint _first;
    }

    [InlineArray(BlockSize)]
    private struct Block
    {
        private byte _first;
    }
}
