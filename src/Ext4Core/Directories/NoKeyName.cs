using System.Buffers;
using System.Buffers.Text;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>The name that an encrypted name is shown under while its key is absent.</summary>
/// <remarks>The name's hash, two little-endian words, then the ciphertext; of a ciphertext above 149 bytes the rest as its
/// SHA-256. All in base64url without padding, at most 252 characters. Source: Linux,
/// Documentation/filesystems/fscrypt.rst, "Without the key"; the layout was read off listings that Linux 6.18 gives.</remarks>
internal readonly ref struct NoKeyName
{
    /// <summary>The longest form as text.</summary>
    public const int MaximumLength = 252;

    /// <summary>The longest form as bytes.</summary>
    public const int MaximumSize = HashSize + PrefixSize + Sha256.DigestSize;

    /// <summary>The shortest ciphertext that a name can have.</summary>
    public const int MinimumCiphertext = 16;
    private const int HashSize = 8;
    private const int PrefixSize = 149;

    private NoKeyName(ReadOnlySpan<byte> bytes, bool isDigested)
    {
        Hash = new(Le.U32(bytes, 0), Le.U32(bytes, 4));
        Ciphertext = isDigested ? bytes.Slice(HashSize, PrefixSize) : bytes[HashSize..];
        Digest = isDigested ? bytes[(HashSize + PrefixSize)..] : default;
    }

    /// <summary>The hash that the name carries.</summary>
    public NameHash Hash { get; }

    /// <summary>The whole ciphertext, or its first 149 bytes.</summary>
    public ReadOnlySpan<byte> Ciphertext { get; }

    /// <summary>SHA-256 of the rest of the ciphertext; empty where there is no rest.</summary>
    public ReadOnlySpan<byte> Digest { get; }

    /// <summary>Writes the name of a ciphertext.</summary>
    /// <param name="hash">Its hash; zero where its directory has no use for one.</param>
    /// <param name="ciphertext">The name as stored.</param>
    /// <param name="destination">At least <see cref="MaximumLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Encode(NameHash hash, ReadOnlySpan<byte> ciphertext, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[MaximumSize];
        Le.PutU32(bytes, 0, hash.Major);
        Le.PutU32(bytes, 4, hash.Minor);
        ReadOnlySpan<byte> prefix = ciphertext[..Math.Min(ciphertext.Length, PrefixSize)];
        prefix.CopyTo(bytes[HashSize..]);
        int size = HashSize + prefix.Length;
        if (prefix.Length < ciphertext.Length)
        {
            DigestOf(ciphertext[PrefixSize..], bytes[size..]);
            size = MaximumSize;
        }

        return Base64Url.EncodeToUtf8(bytes[..size], destination);
    }

    /// <summary>Reads such a name.</summary>
    /// <param name="name">What a lookup asks for.</param>
    /// <param name="buffer">Memory for the result: <see cref="MaximumSize"/> bytes.</param>
    /// <param name="decoded">Its parts.</param>
    /// <returns>False where no ciphertext has this name.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> name, Span<byte> buffer, out NoKeyName decoded)
    {
        decoded = default;
        if (name.Length > MaximumLength
            || Base64Url.DecodeFromUtf8(name, buffer, out _, out int size) != OperationStatus.Done
            || !IsCanonical(name, buffer[..size]))
        {
            return false;
        }

        bool isDigested = size == MaximumSize;
        if (size <= HashSize || (size > HashSize + PrefixSize && !isDigested))
        {
            return false;
        }

        decoded = new(buffer[..size], isDigested);
        return true;
    }

    /// <summary>Whether a stored name is the one that a digested name was made of.</summary>
    public static bool Matches(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> stored)
    {
        if (stored.Length <= PrefixSize || !stored.StartsWith(prefix))
        {
            return false;
        }

        Span<byte> actual = stackalloc byte[Sha256.DigestSize];
        DigestOf(stored[PrefixSize..], actual);
        return digest.SequenceEqual(actual);
    }

    /// <summary>Whether the text is the one way to write the bytes: no spaces, no padding, no stray bits.</summary>
    private static bool IsCanonical(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        Span<byte> text = stackalloc byte[MaximumLength];
        return name.SequenceEqual(text[..Base64Url.EncodeToUtf8(bytes, text)]);
    }

    private static void DigestOf(ReadOnlySpan<byte> bytes, Span<byte> digest)
    {
        Sha256 hash = Sha256.Create();
        hash.Append(bytes);
        hash.Finish(digest);
    }
}
