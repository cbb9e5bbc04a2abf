using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Resealing;

/// <summary>Puts checksums right over edited structures, so that readers look behind them.</summary>
/// <remarks>Which structures there are is known from the sound volume; seeds come from the bytes as they are now. A change of
/// the volume's own seed or of its checksum feature seals everything. Allocates nothing once it has seen a volume.</remarks>
internal sealed class Resealer(SparseDevice device)
{
    private const int LargestStructure = 1 << 16;

    private readonly byte[] _bytes = new byte[LargestStructure];
    private readonly byte[] _second = new byte[LargestStructure];
    private readonly byte[] _superblock = new byte[SuperblockView.Size];
    private VolumeSurvey _survey = null!;
    private bool[] _isTouched = [];
    private bool _hasChecksums;
    private bool _hasCrc16;
    private bool _touchesLog;
    private uint _seed;

    /// <summary>Seals what an input's edits touch.</summary>
    public void Seal(in VolumeInput input, VolumeSurvey survey)
    {
        _survey = survey;
        if (_isTouched.Length < survey.Structures.Length)
        {
            _isTouched = new bool[survey.Structures.Length];
        }

        Array.Clear(_isTouched);
        _touchesLog = false;
        bool isAnyTouched = false;
        RecordReader records = input.Records;
        while (records.MoveNext())
        {
            if (records.Kind.IsEdit())
            {
                (long from, long length) = records.Range;
                isAnyTouched |= Touch(from, length);
            }
        }

        if (isAnyTouched)
        {
            ReadRules();
            SealTouched();
        }
    }

    private bool Touch(long from, long length)
    {
        bool isAnyTouched = false;
        SealedStructure[] structures = _survey.Structures;
        for (int index = _survey.IndexOf(from); index < structures.Length && structures[index].Offset < from + length; index++)
        {
            isAnyTouched = true;
            _isTouched[index] = true;
            if (structures[index].Kind == StructureKind.Inode && from + length > structures[index].Offset + InodeView.IGeneration)
            {
                TouchOwned(structures[index].Owner);
            }
        }

        return isAnyTouched;
    }

    /// <summary>What an inode owns is seeded with the inode's generation.</summary>
    private void TouchOwned(uint inode)
    {
        SealedStructure[] structures = _survey.Structures;
        for (int index = 0; index < structures.Length; index++)
        {
            bool isOwned = structures[index].Kind
                is StructureKind.ExtentNode or StructureKind.DirectoryBlock or StructureKind.HtreeNode or StructureKind.OrphanFile;
            _isTouched[index] |= isOwned && structures[index].Owner == inode;
        }
    }

    private void ReadRules()
    {
        device.Peek(SuperblockView.VolumeOffset, _superblock);
        SuperblockView view = new(_superblock);
        _hasChecksums = view.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataChecksum);
        _hasCrc16 = !_hasChecksums && view.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.DescriptorChecksum);
        _seed = view.Incompatible.HasFlag(IncompatibleFeatures.ChecksumSeed)
            ? view.ChecksumSeed
            : Crc32C.Append(Crc32C.Initial, view.Uuid);
        VolumeGeometry sound = _survey.Geometry;
        bool isAllNew = _seed != sound.ChecksumSeed || _hasChecksums != sound.HasMetadataChecksum
            || _hasCrc16 != sound.HasDescriptorCrc16 || (_hasCrc16 && !view.Uuid.SequenceEqual(sound.Uuid));
        if (isAllNew)
        {
            Array.Fill(_isTouched, value: true);
        }
    }

    /// <summary>Bitmaps before the descriptors that hold their checksums, everything before the log, the superblock last.</summary>
    private void SealTouched()
    {
        SealedStructure[] structures = _survey.Structures;
        for (int index = 0; index < structures.Length; index++)
        {
            if (_isTouched[index] && structures[index].Kind is StructureKind.BlockBitmap or StructureKind.InodeBitmap)
            {
                SealBitmap(structures[index]);
            }
        }

        for (int index = 0; index < structures.Length; index++)
        {
            if (_isTouched[index])
            {
                Seal(structures[index]);
            }
        }

        if (_touchesLog)
        {
            SealLog();
        }
    }

    private void Seal(in SealedStructure structure)
    {
        switch (structure.Kind)
        {
            case StructureKind.JournalBlock or StructureKind.FileData or StructureKind.FastCommitBlock
                or StructureKind.JournalSuperblock:
                _touchesLog = true;
                return;
            case StructureKind.GroupDescriptor when _hasChecksums || _hasCrc16:
            case StructureKind.Superblock when _hasChecksums:
                break;
            default:
                if (!_hasChecksums)
                {
                    return;
                }

                break;
        }

        Span<byte> bytes = _bytes.AsSpan(0, structure.Size);
        device.Peek(structure.Offset, bytes);
        Seal(structure, bytes);
        device.Poke(structure.Offset, bytes);
    }

    private void Seal(in SealedStructure structure, Span<byte> bytes)
    {
        switch (structure.Kind)
        {
            case StructureKind.Superblock:
                SuperblockWriter.Seal(bytes);
                break;
            case StructureKind.GroupDescriptor when _hasCrc16:
                GroupDescriptorWriter.SealCrc16(bytes, new SuperblockView(_superblock).Uuid, structure.Owner);
                break;
            case StructureKind.GroupDescriptor:
                GroupDescriptorWriter.SealCrc32C(bytes, _seed, structure.Owner);
                break;
            case StructureKind.Inode:
                InodeChecksum.Seal(bytes, Crc32C.Append(Crc32C.Append(_seed, structure.Owner), new InodeView(bytes).Generation));
                break;
            case StructureKind.ExtentNode:
                ExtentNodeWriter.Seal(bytes, SeedOf(structure.Owner));
                break;
            case StructureKind.DirectoryBlock:
                Le.PutU32(bytes[^DirectoryTailView.Size..], DirectoryTailView.DetChecksum, DirectoryTailView.Compute(bytes, SeedOf(structure.Owner)));
                break;
            case StructureKind.HtreeNode:
                SealIndex(bytes, SeedOf(structure.Owner));
                break;
            case StructureKind.AttributeBlock:
                Le.PutU32(bytes, AttributeBlockView.HChecksum, AttributeBlockView.ComputeChecksum(bytes, _seed, structure.Home));
                break;
            case StructureKind.OrphanFile:
                Le.PutU32(
                    bytes[^OrphanBlockView.TailSize..], OrphanBlockView.ObChecksum,
                    OrphanBlockView.ComputeChecksum(bytes, structure.Home, SeedOf(structure.Owner)));
                break;
            case StructureKind.MultipleMountProtection:
                MultipleMountWriter.Seal(bytes, _seed);
                break;
        }
    }

    private static void SealIndex(Span<byte> bytes, uint seed)
    {
        bool isNode = DirectoryEntryView.SizeAt(bytes, 0, bytes.Length) == bytes.Length;
        HtreeBlockWriter.Seal(bytes, isNode ? HtreeEntriesView.NodeStart : new HtreeRootView(bytes).Entries.Start, seed);
    }

    private void SealBitmap(in SealedStructure bitmap)
    {
        if (!_hasChecksums)
        {
            return;
        }

        Span<byte> bytes = _bytes.AsSpan(0, bitmap.Size);
        device.Peek(bitmap.Offset, bytes);
        uint crc = Crc32C.Append(_seed, bytes);
        int index = IndexOf(StructureKind.GroupDescriptor, bitmap.Owner);
        SealedStructure descriptor = _survey.Structures[index];
        Span<byte> below = _second.AsSpan(0, descriptor.Size);
        device.Peek(descriptor.Offset, below);
        GroupDescriptorView view = new(below);
        GroupDescriptorWriter.PutBitmapChecksums(
            below,
            bitmap.Kind == StructureKind.BlockBitmap ? crc : view.BlockBitmapChecksum,
            bitmap.Kind == StructureKind.InodeBitmap ? crc : view.InodeBitmapChecksum);
        device.Poke(descriptor.Offset, below);
        _isTouched[index] = true;
    }

    private uint SeedOf(uint inode)
    {
        long offset = _survey.Structures[IndexOf(StructureKind.Inode, inode)].Offset;
        Span<byte> generation = stackalloc byte[sizeof(uint)];
        device.Peek(offset + InodeView.IGeneration, generation);
        return Crc32C.Append(Crc32C.Append(_seed, inode), Le.U32(generation, 0));
    }

    private int IndexOf(StructureKind kind, uint owner)
    {
        SealedStructure[] structures = _survey.Structures;
        int index = 0;
        while (structures[index].Kind != kind || structures[index].Owner != owner)
        {
            index++;
        }

        return index;
    }

    /// <summary>The whole log, in its order: each checksum covers blocks behind or before it.</summary>
    private void SealLog()
    {
        int place = Array.FindIndex(_survey.Structures, structure => structure.Kind == StructureKind.JournalSuperblock);
        Span<byte> superblock = _second.AsSpan(0, JournalSuperblockView.Size);
        device.Peek(_survey.Structures[place].Offset, superblock);
        JournalSuperblockView view = new(superblock);
        JournalFormat format = new(_survey.Geometry.BlockSize, view.Compatible, view.Incompatible);
        uint seed = Crc32C.Append(Crc32C.Initial, view.Uuid);
        if (format.HasBlockChecksums)
        {
            JournalSuperblockWriter.Seal(superblock);
            device.Poke(_survey.Structures[place].Offset, superblock);
        }

        uint transaction = Crc32.Initial;
        ReadOnlySpan<SealedStructure> log = _survey.Log;
        while (!log.IsEmpty)
        {
            log = log[SealLogBlock(log, format, seed, ref transaction)..];
        }

        SealFastCommits();
    }

    /// <summary>Seals a block of the log with those that it logs; gives how many these are.</summary>
    private int SealLogBlock(ReadOnlySpan<SealedStructure> log, in JournalFormat format, uint seed, ref uint transaction)
    {
        Span<byte> bytes = _bytes.AsSpan(0, log[0].Size);
        device.Peek(log[0].Offset, bytes);
        JournalHeaderView header = new(bytes);
        int count = 1;
        switch (header.Type)
        {
            case JournalBlockType.Descriptor when log[0].Kind == StructureKind.JournalBlock:
                count += SealLogged(log[1..], bytes, header.Sequence, format, seed, ref transaction);
                break;
            case JournalBlockType.Revoke when format.HasBlockChecksums:
                JournalBlockWriter.SealBlock(bytes, seed);
                break;
            case JournalBlockType.Commit when format.HasBlockChecksums:
                JournalBlockWriter.SealCommit(bytes, seed);
                break;
            case JournalBlockType.Commit when format.HasTransactionChecksum:
                Be.PutU32(bytes, JournalCommitView.HChksum, transaction);
                transaction = Crc32.Initial;
                break;
        }

        device.Poke(log[0].Offset, bytes);
        return count;
    }

    private int SealLogged(
        ReadOnlySpan<SealedStructure> logged, Span<byte> descriptor, uint sequence, in JournalFormat format, uint seed,
        ref uint transaction)
    {
        int count = 0;
        uint data = Crc32.Initial;
        Span<byte> block = _second.AsSpan(0, descriptor.Length);
        JournalTagReader tags = new(descriptor, format);
        if (format.HasBlockChecksums)
        {
            while (count < logged.Length && logged[count].Kind == StructureKind.FileData && tags.MoveNext())
            {
                device.Peek(logged[count++].Offset, block);
                JournalBlockWriter.PutTagChecksum(
                    descriptor, tags.Offset, JournalChecksums.OfData(seed, sequence, block, format), format);
            }

            JournalBlockWriter.SealBlock(descriptor, seed);
            return count;
        }

        data = Crc32.Append(transaction, descriptor);
        while (count < logged.Length && logged[count].Kind == StructureKind.FileData)
        {
            device.Peek(logged[count++].Offset, block);
            data = Crc32.Append(data, block);
        }

        transaction = data;
        return count;
    }

    private void SealFastCommits()
    {
        uint crc = 0;
        foreach (SealedStructure structure in _survey.Structures)
        {
            if (structure.Kind == StructureKind.FastCommitBlock)
            {
                Span<byte> bytes = _bytes.AsSpan(0, structure.Size);
                device.Peek(structure.Offset, bytes);
                crc = FastCommitWriter.Seal(bytes, crc);
                device.Poke(structure.Offset, bytes);
            }
        }
    }
}
