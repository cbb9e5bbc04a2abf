using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>A chain of entries that fills its area to the last byte: a block, or a part of inline data.</summary>
/// <remarks>Bound of every walk: an entry takes at least 12 bytes.</remarks>
internal static class DirectoryArea
{
    /// <summary>Looks for the first damage in the chain.</summary>
    public static Damage Examine(ReadOnlySpan<byte> area, in DirectoryShape shape, in DiskLocation where)
    {
        int offset = 0;
        while (offset < area.Length)
        {
            Damage damage = DirectoryEntryView.Examine(area, offset, shape, where);
            if (!damage.IsNone)
            {
                return damage;
            }

            offset += DirectoryEntryView.SizeAt(area, offset, shape.BlockSize);
        }

        return default;
    }

    /// <summary>Finds the used entry with this name. Entries in front of damage are found; damage on the way is raised.</summary>
    /// <returns>The entry's offset, or -1.</returns>
    public static int Find(
        ReadOnlySpan<byte> area, bool isSound, in DirectoryShape shape, scoped in DirectoryName name, in DiskLocation where)
    {
        if (isSound && name.IsPlain)
        {
            return FindPlain(area, shape.BlockSize, name.Bytes);
        }

        int offset = 0;
        while (offset < area.Length)
        {
            if (!isSound)
            {
                DirectoryEntryView.Examine(area, offset, shape, where).ThrowIfAny();
            }

            DirectoryEntryView entry = new(area, offset);
            if (name.Matches(entry))
            {
                return offset;
            }

            offset += entry.SizeIn(shape.BlockSize);
        }

        return -1;
    }

    /// <summary>The same in a sound area for a name compared byte by byte: most of what a lookup does. Names of one directory
    /// are alike at their starts, so the last byte is compared first.</summary>
    private static int FindPlain(ReadOnlySpan<byte> area, int blockSize, ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return -1;
        }

        byte last = name[^1];
        int offset = 0;
        while (offset < area.Length)
        {
            ReadOnlySpan<byte> header = area.Slice(offset, DirectoryEntryView.HeaderSize);
            if (header[DirectoryEntryView.DeNameLen] == name.Length)
            {
                ReadOnlySpan<byte> stored = area.Slice(offset + DirectoryEntryView.DeName, name.Length);
                if (stored[^1] == last && stored.SequenceEqual(name) && Le.U32(header, DirectoryEntryView.DeInode) != 0)
                {
                    return offset;
                }
            }

            offset += DirectoryEntryView.DecodeSize(Le.U16(header, DirectoryEntryView.DeRecLen), blockSize);
        }

        return -1;
    }
}
