using Ext4Core.Cache;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.PropertyTests.Extents;

/// <summary>What a file that the builder laid out must read as, told by its runs alone.</summary>
internal sealed class FileModel(ImageBuilder image, uint inode, ulong size)
{
    private readonly IReadOnlyList<PlacedRun> _runs = image.RunsOf(inode);

    private InodeNumber Number => new(inode);

    /// <summary>The first way in which a volume disagrees with the model; null when it agrees everywhere that is looked at.</summary>
    public string? Disagreement()
    {
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        return Places().Select(offset => ReadAt(volume, workspace, offset) ?? SeekAt(volume, workspace, offset)
                ?? BlockAt(volume, workspace, offset)).FirstOrDefault(found => found is not null)
            ?? Walk(volume, workspace);
    }

    /// <summary>Every edge of a run, a byte and a block before and behind it, and the end of the file.</summary>
    private IEnumerable<ulong> Places() => _runs
        .SelectMany(run => new[] { run.First, run.First + run.Count })
        .Select(block => (ulong)block * (ulong)image.BlockSize)
        .Append(0ul).Append(size)
        .SelectMany(offset => new[] { offset, offset + 1, offset - 1, offset + (ulong)image.BlockSize, offset - (ulong)image.BlockSize })
        .Where(offset => offset <= size + 1)
        .Distinct();

    private string? ReadAt(Volume volume, Workspace workspace, ulong offset)
    {
        byte[] bytes = new byte[(3 * image.BlockSize) + 5];
        FsError error = volume.Read(workspace, Number, (long)offset, bytes, out int count);
        ulong due = offset >= size ? 0 : Math.Min((ulong)bytes.Length, size - offset);
        if (error != FsError.None || (ulong)count != due)
        {
            return $"read at {offset}: {error}, {count} bytes, {due} were due";
        }

        byte[] expected = Expected(offset, count);
        int common = expected.AsSpan().CommonPrefixLength(bytes.AsSpan(0, count));
        return common == count ? null : $"read at {offset}: byte {common} is wrong";
    }

    private string? SeekAt(Volume volume, Workspace workspace, ulong offset)
    {
        foreach (SeekTarget target in new[] { SeekTarget.Data, SeekTarget.Hole })
        {
            FsError error = volume.Seek(workspace, Number, (long)offset, target, out long position);
            ulong? due = Next(offset, target == SeekTarget.Data);
            bool isRight = due is { } place ? error == FsError.None && (ulong)position == place : error == FsError.NoSuchAddress;
            if (!isRight)
            {
                return $"seek {target} at {offset}: {error}, {position}, due {due}";
            }
        }

        return null;
    }

    private string? BlockAt(Volume volume, Workspace workspace, ulong offset)
    {
        uint fileBlock = (uint)(offset / (ulong)image.BlockSize);
        FsError error = volume.BlockOf(workspace, Number, new(fileBlock), out BlockNumber block);
        ulong due = Find(fileBlock) is { IsUnwritten: false } run ? run.Start + (fileBlock - run.First) : 0;
        return error == FsError.None && block.Value == due ? null : $"block {fileBlock}: {error}, {block.Value}, due {due}";
    }

    /// <summary>The runs that Map tells cover the file without gap or overlap and lie where the builder put them.</summary>
    private string? Walk(Volume volume, Workspace workspace)
    {
        ulong offset = 0;
        while (offset < size)
        {
            FsError error = volume.Map(workspace, Number, (long)offset, long.MaxValue, out FileRun run);
            if (error != FsError.None || run.Length < 1 || (ulong)run.Length > size - offset)
            {
                return $"map at {offset}: {error}, {run}";
            }

            ulong last = offset + (ulong)run.Length - 1;
            foreach (ulong place in new[] { offset, last })
            {
                PlacedRun? model = Find((uint)(place / (ulong)image.BlockSize));
                bool isData = model is { IsUnwritten: false };
                ulong due = isData ? (model!.Value.Start * (ulong)image.BlockSize) + (place - ((ulong)model.Value.First * (ulong)image.BlockSize)) : 0;
                if (isData != (run.Kind == FileRunKind.OnDevice) || (isData && (ulong)run.Offset.Value + (place - offset) != due))
                {
                    return $"map at {offset}: {run}, due {due} for byte {place}";
                }
            }

            offset += (ulong)run.Length;
        }

        return null;
    }

    private byte[] Expected(ulong offset, int count)
    {
        byte[] bytes = new byte[count];
        byte[] block = new byte[image.BlockSize];
        for (int index = 0; index < count;)
        {
            ulong at = offset + (ulong)index;
            int skip = (int)(at % (ulong)image.BlockSize);
            int length = Math.Min(image.BlockSize - skip, count - index);
            uint fileBlock = (uint)(at / (ulong)image.BlockSize);
            if (Find(fileBlock) is { IsUnwritten: false })
            {
                ImageBuilder.FillPattern(block, inode, fileBlock);
                block.AsSpan(skip, length).CopyTo(bytes.AsSpan(index));
            }

            index += length;
        }

        return bytes;
    }

    private PlacedRun? Find(uint fileBlock)
    {
        foreach (PlacedRun run in _runs)
        {
            if (fileBlock >= run.First && fileBlock - run.First < run.Count)
            {
                return run;
            }
        }

        return null;
    }

    /// <summary>The next byte with or without data at or after an offset; null beyond the last.</summary>
    private ulong? Next(ulong offset, bool wantsData)
    {
        if (offset >= size)
        {
            return null;
        }

        ulong position = offset;
        while (position < size)
        {
            uint fileBlock = (uint)(position / (ulong)image.BlockSize);
            PlacedRun? run = Find(fileBlock);
            if (run is { IsUnwritten: false } == wantsData)
            {
                return position;
            }

            ulong next = run is { } here
                ? (ulong)here.First + here.Count
                : _runs.Where(later => later.First > fileBlock).Select(later => (ulong)later.First).DefaultIfEmpty(ulong.MaxValue >> 20).Min();
            position = next * (ulong)image.BlockSize;
        }

        return wantsData ? null : size;
    }
}
