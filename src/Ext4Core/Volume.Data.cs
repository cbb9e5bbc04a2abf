using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;

namespace Ext4Core;

/// <summary>Operations on what a file holds.</summary>
public sealed partial class Volume
{
    /// <summary>Reads a regular file. One device read for each run of blocks; holes cost none.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="number">The file.</param>
    /// <param name="offset">First byte wanted.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="count">Bytes read: fewer than the buffer holds only at the end of the file.</param>
    public FsError Read(Workspace workspace, InodeNumber number, long offset, Span<byte> buffer, out int count)
    {
        count = 0;
        FsError error = LoadFile(workspace, number, offset, out Inode inode);
        if (error != FsError.None || (ulong)offset >= inode.Size)
        {
            return error;
        }

        buffer = buffer[..(int)Math.Min((ulong)buffer.Length, inode.Size - (ulong)offset)];
        if (inode.Is(InodeFlags.Verity))
        {
            return ReadVerified(workspace, inode, offset, buffer, out count);
        }

        ReadRuns(workspace, inode, offset, buffer);
        count = buffer.Length;
        return FsError.None;
    }

    /// <summary>Says how the bytes from <paramref name="offset"/> on can be had, for as long as that stays the same.</summary>
    /// <returns><see cref="FsError.NoSuchAddress"/> at and beyond the end of the file.</returns>
    public FsError Map(Workspace workspace, InodeNumber number, long offset, long length, out FileRun run)
    {
        run = default;
        return Map(workspace, number, offset, length, new Span<FileRun>(ref run), out _);
    }

    /// <summary>Says the same of a whole range, run by run.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="number">The file.</param>
    /// <param name="offset">First byte wanted.</param>
    /// <param name="length">Bytes wanted; what lies beyond the end of the file is left out.</param>
    /// <param name="runs">Where the runs go, in order.</param>
    /// <param name="runCount">Runs found. Only where this is all that there is room for may some be missing.</param>
    /// <returns><see cref="FsError.NoSuchAddress"/> at and beyond the end of the file.</returns>
    public FsError Map(Workspace workspace, InodeNumber number, long offset, long length, Span<FileRun> runs, out int runCount)
    {
        runCount = 0;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        FsError error = LoadFile(workspace, number, offset, out Inode inode);
        if (error != FsError.None)
        {
            return error;
        }

        if ((ulong)offset >= inode.Size)
        {
            return FsError.NoSuchAddress;
        }

        length = (long)Math.Min((ulong)length, inode.Size - (ulong)offset);
        while (length > 0 && runCount < runs.Length)
        {
            FileRun run = MapRun(workspace, inode, offset, length);
            runs[runCount] = run;
            runCount++;
            offset += run.Length;
            length -= run.Length;
        }

        return FsError.None;
    }

    /// <summary>Finds the next data or the next hole at or after <paramref name="offset"/>.</summary>
    /// <returns><see cref="FsError.NoSuchAddress"/> when there is none before the end of the file.</returns>
    public FsError Seek(Workspace workspace, InodeNumber number, long offset, SeekTarget target, out long position)
    {
        position = offset;
        FsError error = LoadFile(workspace, number, offset, out Inode inode);
        if (error != FsError.None)
        {
            return error;
        }

        if ((ulong)offset >= inode.Size)
        {
            return FsError.NoSuchAddress;
        }

        workspace.BeginLong();
        bool wantsData = target == SeekTarget.Data;
        while ((ulong)position < inode.Size)
        {
            if (HasData(workspace, inode, position, out long length) == wantsData)
            {
                return FsError.None;
            }

            position = length < (long)inode.Size - position ? position + length : (long)inode.Size;
        }

        return wantsData ? FsError.NoSuchAddress : FsError.None;
    }

    /// <summary>Says which block of the volume holds a block of a file: <see cref="BlockNumber.None"/> where
    /// none was ever written.</summary>
    public FsError BlockOf(Workspace workspace, InodeNumber number, FileBlock fileBlock, out BlockNumber block)
    {
        block = BlockNumber.None;
        Load(workspace, number, out Inode inode);
        if (!UsesBlockMap(inode))
        {
            return FsError.Invalid;
        }

        MappedRun run = _stack.Mapper.Resolve(workspace, inode, fileBlock, 1);
        block = run.Kind == RunKind.Written ? run.First : BlockNumber.None;
        return FsError.None;
    }

    /// <summary>Reads a symbolic link's target.</summary>
    /// <returns><see cref="FsError.Invalid"/> for anything else; <see cref="FsError.Range"/> for a target above the buffer.</returns>
    public FsError ReadLink(Workspace workspace, InodeNumber number, Span<byte> target, out int length)
    {
        length = 0;
        Load(workspace, number, out Inode inode);
        if (inode.Type != FileType.SymbolicLink)
        {
            return FsError.Invalid;
        }

        if (inode.Is(InodeFlags.Encrypted))
        {
            return ReadEncryptedLink(workspace, inode, target, out length);
        }

        if (inode.Size > (ulong)target.Length)
        {
            return FsError.Range;
        }

        length = (int)inode.Size;
        if (IsFastLink(inode))
        {
            CheckFastLink(inode);
            inode.BlockMap[..length].CopyTo(target);
            return FsError.None;
        }

        CheckSlowLink(inode);
        _ = ReadRun(workspace, inode, 0, target[..length]);
        length = Terminate(target[..length]);
        return FsError.None;
    }

    /// <summary>Whether a link's target is in its inode: nothing but attributes takes up space. With value inodes, whose
    /// space counts too, the size decides.</summary>
    private bool IsFastLink(in Inode inode)
    {
        if (inode.Type != FileType.SymbolicLink || inode.HasInlineData)
        {
            return false;
        }

        if (Geometry.Has(IncompatibleFeatures.AttributeInodes))
        {
            return inode.Size is > 0 and < InodeView.BlockMapSize;
        }

        ulong attributeSectors = inode.AttributeBlock.Value == 0 ? 0ul : 1ul << (Geometry.BlockBits + Geometry.ClusterBits - 9);
        return inode.Sectors == attributeSectors;
    }

    private static int Terminate(ReadOnlySpan<byte> target)
    {
        int end = target.IndexOf((byte)0);
        return end < 0 ? target.Length : end;
    }

    private static DiskLocation LinkLocation(in Inode inode) =>
        new(StructureKind.SymbolicLink, inode.TableBlock, inode.TableOffset, inode.Number.Value);

    /// <summary>A target in the inode is as long as its size says, and not empty.</summary>
    private static void CheckFastLink(in Inode inode)
    {
        int length = Terminate(inode.BlockMap);
        if (length is 0 or InodeView.BlockMapSize || (ulong)length != inode.Size)
        {
            Corrupt.Throw(CorruptionCode.LinkLengthMismatch, LinkLocation(inode).At(InodeView.ISizeLo), inode.Size, (ulong)length);
        }
    }

    /// <summary>A target in a block fits that block.</summary>
    private void CheckSlowLink(in Inode inode)
    {
        if (inode.Size == 0 || inode.Size > (ulong)Geometry.BlockSize)
        {
            Corrupt.Throw(
                CorruptionCode.LinkLengthOutOfRange, LinkLocation(inode).At(InodeView.ISizeLo), inode.Size, (ulong)Geometry.BlockSize);
        }
    }

    private FsError LoadFile(Workspace workspace, InodeNumber number, long offset, out Inode inode)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        Load(workspace, number, out inode);
        if (inode.Type == FileType.Directory)
        {
            return FsError.IsDirectory;
        }

        if (inode.Type != FileType.Regular)
        {
            return FsError.Invalid;
        }

        return inode.Is(InodeFlags.Encrypted) ? _stack.Attributes.RefuseEncrypted(workspace, inode) : FsError.None;
    }

    /// <summary>Reads whole blocks of a file's Merkle tree straight into the buffer, parts of one through scratch memory, and
    /// gives nothing unless all of them are what the tree says.</summary>
    private FsError ReadVerified(Workspace workspace, in Inode inode, long offset, Span<byte> buffer, out int count)
    {
        _stack.Verity.Open(workspace, inode, out VerityTree tree);
        for (count = 0; count < buffer.Length;)
        {
            long blockIndex = (offset + count) >> tree.BlockBits;
            int skip = (int)((offset + count) & (tree.BlockSize - 1));
            int whole = skip == 0 ? (buffer.Length - count) & -tree.BlockSize : 0;
            Span<byte> target = whole == 0 ? workspace.Scratch[..tree.BlockSize] : buffer.Slice(count, whole);
            ReadRuns(workspace, inode, blockIndex << tree.BlockBits, target);
            if (!_stack.Verity.Verify(workspace, inode, tree, blockIndex, target))
            {
                count = 0;
                return FsError.InputOutput;
            }

            int length = Math.Min(target.Length - skip, buffer.Length - count);
            if (whole == 0)
            {
                target.Slice(skip, length).CopyTo(buffer[count..]);
            }

            count += length;
        }

        return FsError.None;
    }

    /// <summary>Fills the buffer from as many runs as it takes.</summary>
    private void ReadRuns(Workspace workspace, in Inode inode, long offset, Span<byte> buffer)
    {
        for (int count = 0; count < buffer.Length;)
        {
            count += ReadRun(workspace, inode, offset + count, buffer[count..]);
        }
    }

    /// <summary>Reads from one run, as much of the buffer as it fills.</summary>
    private int ReadRun(Workspace workspace, in Inode inode, long offset, Span<byte> buffer)
    {
        if (inode.HasInlineData)
        {
            _ = _stack.Inline.Read(workspace, inode, offset, buffer);
            return buffer.Length;
        }

        MappedRun run = ResolveRun(workspace, inode, offset, buffer.Length, out int skip);
        int length = (int)Math.Min(buffer.Length, ((long)run.Count << Geometry.BlockBits) - skip);
        if (run.Kind == RunKind.Written)
        {
            _stack.Reader.ReadBytes(run.First, skip, buffer[..length]);
        }
        else
        {
            buffer[..length].Clear();
        }

        return length;
    }

    private FileRun MapRun(Workspace workspace, in Inode inode, long offset, long length)
    {
        if (inode.HasInlineData || inode.Is(InodeFlags.Verity))
        {
            return new(FileRunKind.ReadOnly, default, length);
        }

        MappedRun run = ResolveRun(workspace, inode, offset, length, out int skip);
        length = Math.Min(length, ((long)run.Count << Geometry.BlockBits) - skip);
        if (run.Kind != RunKind.Written)
        {
            return new(FileRunKind.Zeros, default, length);
        }

        return _stack.Reader.IsPlain(run.First, run.Count)
            ? new(FileRunKind.OnDevice, Geometry.OffsetOf(run.First).Plus(skip), length)
            : new(FileRunKind.ReadOnly, default, length);
    }

    /// <summary>Whether there is data at <paramref name="offset"/>, and for how many bytes one step of the map says so.</summary>
    private bool HasData(Workspace workspace, in Inode inode, long offset, out long length)
    {
        length = (long)inode.Size - offset;
        long first = offset >> Geometry.BlockBits;
        if (inode.HasInlineData || first > uint.MaxValue)
        {
            return inode.HasInlineData;
        }

        MappedRun run = _stack.Mapper.ResolveContent(workspace, inode, new((uint)first));
        length = ((long)run.Count << Geometry.BlockBits) - (offset & (Geometry.BlockSize - 1));
        return run.Kind == RunKind.Written;
    }

    private MappedRun ResolveRun(Workspace workspace, in Inode inode, long offset, long length, out int skip)
    {
        skip = (int)(offset & (Geometry.BlockSize - 1));
        long first = offset >> Geometry.BlockBits;
        if (first > uint.MaxValue)
        {
            return new(RunKind.Hole, BlockNumber.None, uint.MaxValue);
        }

        long last = (Math.Min(length, long.MaxValue - offset) + offset - 1) >> Geometry.BlockBits;
        return _stack.Mapper.Resolve(workspace, inode, new((uint)first), (uint)Math.Min(last - first + 1, uint.MaxValue));
    }
}
