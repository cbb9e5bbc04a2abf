using System.Text;
using System.Text.Unicode;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Service;

/// <summary>The command line that a helper passes on, in a file: the type of the mount, then the helper's arguments.</summary>
internal static class PassedArguments
{
    /// <summary>Reads the words out of the file.</summary>
    /// <exception cref="ProtocolException">The file is too large, or the block in it is malformed.</exception>
    /// <exception cref="UsageException">A word is not UTF-8.</exception>
    public static IReadOnlyList<string> Read(SafeFileHandle file)
    {
        long length = Libc.Seek(file, 0, Libc.SeekEnd);
        if (length is < 0 or > Limits.ArgumentBytes)
        {
            throw new ProtocolException($"the arguments come in a file of {length} bytes");
        }

        byte[] block = new byte[length];
        int filled = 0;
        while (filled < block.Length)
        {
            nint count = Libc.ReadAt(file, block.AsSpan(filled), (nuint)(block.Length - filled), filled);
            if (count <= 0)
            {
                throw new ProtocolException("the arguments cannot be read to their end");
            }

            filled += (int)count;
        }

        return WordsIn(block);
    }

    /// <summary>The words of what stands in the file.</summary>
    /// <exception cref="ProtocolException">The block is malformed.</exception>
    /// <exception cref="UsageException">A word is not UTF-8.</exception>
    public static IReadOnlyList<string> WordsIn(ReadOnlySpan<byte> block) => [.. ArgumentBlock.Parse(block).Select(TextOf)];

    private static string TextOf(byte[] word)
    {
        string text = Encoding.UTF8.GetString(word);
        return Utf8.IsValid(word) ? text : throw new UsageException($"\"{text}\" is not UTF-8, and no other words are understood");
    }
}
