namespace Fuse4fs.Protocol;

/// <summary>The helper's command line, in a file of its own: the type stands in front, in place of the program's name.</summary>
/// <remarks>Magic and count; then position and length (with its NUL) of each word; then the words, wherever the positions
/// say. A reader never computes a position: gaps are allowed.</remarks>
internal static class ArgumentBlock
{
    private const int HeaderSize = 8, EntrySize = 8, CountAt = 4;

    /// <summary>Reads the words; each is what stands before its first NUL.</summary>
    /// <param name="block">The whole file.</param>
    /// <exception cref="ProtocolException">A count or a position leads outside, or there is no word.</exception>
    public static IReadOnlyList<byte[]> Parse(ReadOnlySpan<byte> block)
    {
        if (block.Length < HeaderSize || block.Length > Limits.ArgumentBytes || !Network.Is(block, PacketKind.Arguments))
        {
            throw new ProtocolException($"the arguments are no argument block: {block.Length} bytes");
        }

        uint count = Network.U32(block, CountAt);
        if (count == 0 || count > (uint)(block.Length - HeaderSize) / EntrySize)
        {
            throw new ProtocolException($"the arguments claim {count} words in {block.Length} bytes");
        }

        byte[][] words = new byte[count][];
        long total = 0;
        for (int index = 0; index < words.Length; index++)
        {
            int entry = HeaderSize + (index * EntrySize);
            uint position = Network.U32(block, entry), length = Network.U32(block, entry + 4);
            total += length;

            // Words may share bytes; what they come to together may not exceed what was sent.
            if (position > block.Length || length > block.Length - position || total > block.Length)
            {
                throw new ProtocolException($"argument {index} claims {length} bytes at {position} of {block.Length}");
            }

            ReadOnlySpan<byte> word = block.Slice((int)position, (int)length);
            int end = word.IndexOf((byte)0);
            words[index] = (end < 0 ? word : word[..end]).ToArray();
        }

        return words;
    }

    /// <summary>Lays out words in order.</summary>
    /// <param name="words">The type, then the arguments.</param>
    /// <param name="tableEntries">Room for this many entries stands before the first word; the unused ones are zero.</param>
    public static byte[] Of(IReadOnlyList<byte[]> words, int tableEntries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tableEntries, words.Count);
        int position = HeaderSize + (tableEntries * EntrySize);
        byte[] block = new byte[position + words.Sum(word => word.Length + 1)];
        Network.PutU32(block, 0, (uint)PacketKind.Arguments);
        Network.PutU32(block, CountAt, (uint)words.Count);
        for (int index = 0; index < words.Count; index++)
        {
            int entry = HeaderSize + (index * EntrySize);
            Network.PutU32(block, entry, (uint)position);
            Network.PutU32(block, entry + 4, (uint)words[index].Length + 1);
            words[index].CopyTo(block.AsSpan(position));
            position += words[index].Length + 1;
        }

        return block;
    }
}
