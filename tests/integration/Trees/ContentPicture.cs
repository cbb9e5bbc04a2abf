using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ext4Safety.IntegrationTests.Trees;

/// <summary>An open regular file of some source. Failures come as text, so that a picture can hold them.</summary>
internal interface IContentSource
{
    long Size { get; }

    /// <summary>The next data, or the next hole, at or after an offset; null when there is no more.</summary>
    long? Seek(long offset, bool data);

    /// <summary>Reads at an offset; short only at the end of the file.</summary>
    int Read(long offset, Span<byte> buffer);
}

/// <summary>A read or seek that the source refused.</summary>
internal sealed class ContentException(string reason) : IOException(reason);

/// <summary>Reads a file along its map of data and holes. The digest covers positions and bytes that are not zero, so
/// it does not depend on the map; holes are read at their edges, which catches data where the map shows none.</summary>
internal static class ContentPicture
{
    private const int Chunk = 4096;
    private const int HoleEdge = 2 * Chunk;
    private const int MostSegments = 200_000;
    private const long MostBytes = 1L << 30;

    /// <summary>Adds map and content of a file to its picture.</summary>
    public static void Take(IContentSource source, NodePicture node)
    {
        List<(long Start, long End)> segments = [];
        try
        {
            node[Field.Map] = TakeMap(source, segments);
        }
        catch (ContentException error)
        {
            node[Field.Map] = error.Message;
        }

        try
        {
            node[Field.Content] = TakeDigest(source, segments);
        }
        catch (ContentException error)
        {
            node[Field.Content] = error.Message;
        }
    }

    /// <summary>Ranges of bytes with data, joined where they touch; a long list as its digest.</summary>
    public static string ShowMap(IEnumerable<(long Start, long End)> segments)
    {
        StringBuilder map = new();
        int count = 0;
        (long Start, long End) last = (-1, -1);
        foreach ((long start, long end) in segments)
        {
            if (start == last.End)
            {
                last.End = end;
                continue;
            }

            count += Show(map, last);
            last = (start, end);
        }

        count += Show(map, last);
        return map.Length > 400 ? $"{count} segments, digest {ShortDigest(map.ToString())}" : map.ToString();
    }

    /// <summary>The digest of a content that is all at hand.</summary>
    public static string Digest(ReadOnlySpan<byte> content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, 0, content);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static int Show(StringBuilder map, (long Start, long End) segment)
    {
        if (segment.End <= segment.Start)
        {
            return 0;
        }

        map.Append(CultureInfo.InvariantCulture, $"{segment.Start}-{segment.End} ");
        return 1;
    }

    private static string TakeMap(IContentSource source, List<(long Start, long End)> segments)
    {
        long position = 0;
        while (segments.Count < MostSegments && source.Seek(position, data: true) is { } start)
        {
            long end = source.Seek(start, data: false) ?? source.Size;
            segments.Add((start, end));
            if (end <= position)
            {
                return $"no progress at {position}: {ShowMap(segments)}";
            }

            position = end;
        }

        return ShowMap(segments);
    }

    private static string TakeDigest(IContentSource source, List<(long Start, long End)> segments)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[256 * Chunk];
        long read = 0;
        long covered = 0;
        foreach ((long start, long end) in segments)
        {
            ReadHole(source, hash, buffer, covered, Math.Min(start, source.Size));
            long first = Math.Max(covered, start - (start % Chunk));
            read += Read(source, hash, buffer, first, Math.Min(end, source.Size));
            covered = Math.Max(covered, Math.Min(end, source.Size));
            if (read > MostBytes)
            {
                return $"first {read} bytes {Convert.ToHexStringLower(hash.GetHashAndReset())}";
            }
        }

        ReadHole(source, hash, buffer, covered, source.Size);
        if (source.Read(source.Size, buffer) != 0)
        {
            return "reads beyond its end";
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void ReadHole(IContentSource source, IncrementalHash hash, byte[] buffer, long start, long end)
    {
        Read(source, hash, buffer, start, Math.Min(end, start + HoleEdge));
        Read(source, hash, buffer, Math.Max(start + HoleEdge, end - HoleEdge), end);
    }

    private static long Read(IContentSource source, IncrementalHash hash, byte[] buffer, long start, long end)
    {
        long offset = start;
        while (offset < end)
        {
            int wanted = (int)Math.Min(buffer.Length - (offset % Chunk), end - offset);
            int count = source.Read(offset, buffer.AsSpan(0, wanted));
            if (count <= 0)
            {
                throw new ContentException($"ends at {offset} of {end}");
            }

            Add(hash, offset, buffer.AsSpan(0, count));
            offset += count;
        }

        return Math.Max(0, end - start);
    }

    private static void Add(IncrementalHash hash, long offset, ReadOnlySpan<byte> bytes)
    {
        Span<byte> position = stackalloc byte[8];
        while (!bytes.IsEmpty)
        {
            int length = (int)Math.Min(Chunk - (offset % Chunk), bytes.Length);
            ReadOnlySpan<byte> chunk = bytes[..length].TrimEnd((byte)0);
            if (!chunk.IsEmpty)
            {
                BitConverter.TryWriteBytes(position, offset);
                hash.AppendData(position);
                hash.AppendData(chunk);
            }

            offset += length;
            bytes = bytes[length..];
        }
    }

    private static string ShortDigest(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..16];
}
