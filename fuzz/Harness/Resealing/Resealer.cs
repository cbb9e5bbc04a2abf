using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;
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
    private Dictionary<ulong, long>? _copies;
    private bool[] _isTouched = [];
    private bool[] _isHashed = [];
    private bool _hasChecksums;
    private bool _hasCrc16;
    private bool _touchesLog;
    private uint _seed;

    /// <summary>Seals what an input's edits touch: on the volume as it is, on the one that its log makes, last the log itself.</summary>
    public void Seal(in VolumeInput input, VolumeSurvey survey)
    {
        _touchesLog = false;
        SealView(input, survey, copies: null);
        if (survey.Replayed is { } replayed)
        {
            SealView(input, replayed.Survey, replayed.Copies);
        }

        foreach (VerityFile file in survey.VerityFiles)
        {
            SealVerity(input, file);
        }

        if (_touchesLog)
        {
            SealLog(survey);
        }
    }

    private void SealView(in VolumeInput input, VolumeSurvey survey, Dictionary<ulong, long>? copies)
    {
        _survey = survey;
        _copies = copies;
        if (_isTouched.Length < survey.Structures.Length)
        {
            _isTouched = new bool[survey.Structures.Length];
        }

        Array.Clear(_isTouched);
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

    /// <summary>Where a byte of the volume in view stands: in the last copy of its block, if it is logged.</summary>
    private long PlaceOf(long offset) => _copies is not null && _copies.TryGetValue((ulong)offset >> _survey.Geometry.BlockBits, out long copy)
        ? copy + (offset & (_survey.Geometry.BlockSize - 1))
        : offset;

    private void Peek(long offset, Span<byte> bytes) => device.Peek(PlaceOf(offset), bytes);

    private void Poke(long offset, ReadOnlySpan<byte> bytes)
    {
        long place = PlaceOf(offset);
        _touchesLog |= place != offset;
        device.Poke(place, bytes);
    }

    private bool Touch(long from, long length)
    {
        bool isAnyTouched = false;
        SealedStructure[] structures = _survey.Structures;
        for (int index = _copies is null ? _survey.IndexOf(from) : 0; index < structures.Length; index++)
        {
            long place = PlaceOf(structures[index].Offset);
            if (place >= from + length && _copies is null)
            {
                break;
            }

            if (place < from + length && place + structures[index].Size > from)
            {
                isAnyTouched = true;
                _isTouched[index] = true;
                if (structures[index].Kind == StructureKind.Inode && from + length > place + InodeView.IGeneration)
                {
                    TouchOwned(structures[index].Owner);
                }
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
        Peek(SuperblockView.VolumeOffset, _superblock);
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
        Peek(structure.Offset, bytes);
        Seal(structure, bytes);
        Poke(structure.Offset, bytes);
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
        Peek(bitmap.Offset, bytes);
        uint crc = Crc32C.Append(_seed, bytes);
        int index = IndexOf(StructureKind.GroupDescriptor, bitmap.Owner);
        SealedStructure descriptor = _survey.Structures[index];
        Span<byte> below = _second.AsSpan(0, descriptor.Size);
        Peek(descriptor.Offset, below);
        GroupDescriptorView view = new(below);
        GroupDescriptorWriter.PutBitmapChecksums(
            below,
            bitmap.Kind == StructureKind.BlockBitmap ? crc : view.BlockBitmapChecksum,
            bitmap.Kind == StructureKind.InodeBitmap ? crc : view.InodeBitmapChecksum);
        Poke(descriptor.Offset, below);
        _isTouched[index] = true;
    }

    private uint SeedOf(uint inode)
    {
        long offset = _survey.Structures[IndexOf(StructureKind.Inode, inode)].Offset;
        Span<byte> generation = stackalloc byte[sizeof(uint)];
        Peek(offset + InodeView.IGeneration, generation);
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

    /// <summary>From each touched block up to the root: what was touched is hashed as it is now, and its digest put right. A new salt
    /// hashes everything anew; another algorithm or size of blocks makes another tree, which is none.</summary>
    private void SealVerity(in VolumeInput input, VerityFile file)
    {
        Span<byte> descriptor = _second.AsSpan(0, VerityDescriptorView.Size);
        device.Peek(file.Descriptor, descriptor);
        VerityDescriptorView view = VerityDescriptorView.Admitted(descriptor);
        bool isSame = view.Algorithm == file.Algorithm && view.BlockBits == file.BlockBits
            && descriptor[VerityDescriptorView.DSaltSize] <= VerityDescriptorView.MaximumSaltSize;
        if (!isSame || !TouchHashed(input, file))
        {
            return;
        }

        VerityHasher hasher = new(view.Algorithm, view.Salt);
        Span<byte> digest = stackalloc byte[Sha512.DigestSize];
        for (int index = 0; index < file.Blocks.Length; index++)
        {
            HashedBlock block = file.Blocks[index];
            if (_isHashed[index] && block.Offset >= 0)
            {
                Span<byte> bytes = _bytes.AsSpan(0, 1 << file.BlockBits);
                device.Peek(block.Offset, bytes);
                bytes[block.Length..].Clear();
                hasher.Hash(bytes, digest);
                device.Poke(block.Digest, digest[..file.DigestSize]);
                if (block.Parent >= 0)
                {
                    _isHashed[block.Parent] = true;
                }
            }
        }
    }

    private bool TouchHashed(in VolumeInput input, VerityFile file)
    {
        if (_isHashed.Length < file.Blocks.Length)
        {
            _isHashed = new bool[file.Blocks.Length];
        }

        Array.Clear(_isHashed);
        bool isAny = false;
        RecordReader records = input.Records;
        while (records.MoveNext())
        {
            (long from, long length) = records.Range;
            bool isSalt = Overlaps(from, length, file.Descriptor + VerityDescriptorView.DSaltSize, 1)
                || Overlaps(from, length, file.Descriptor + VerityDescriptorView.DSalt, VerityDescriptorView.MaximumSaltSize);
            for (int index = 0; index < file.Blocks.Length; index++)
            {
                bool isTouched = isSalt || Overlaps(from, length, file.Blocks[index].Offset, file.Blocks[index].Length);
                _isHashed[index] |= isTouched;
                isAny |= isTouched;
            }
        }

        return isAny;
    }

    private static bool Overlaps(long from, long length, long start, long size) => start < from + length && start + size > from;

    /// <summary>The whole log, in its order: each checksum covers blocks behind or before it.</summary>
    private void SealLog(VolumeSurvey survey)
    {
        int place = Array.FindIndex(survey.Structures, structure => structure.Kind == StructureKind.JournalSuperblock);
        Span<byte> superblock = _second.AsSpan(0, JournalSuperblockView.Size);
        device.Peek(survey.Structures[place].Offset, superblock);
        JournalSuperblockView view = new(superblock);
        JournalFormat format = new(survey.Geometry.BlockSize, view.Compatible, view.Incompatible);
        uint seed = Crc32C.Append(Crc32C.Initial, view.Uuid);
        if (format.HasBlockChecksums)
        {
            JournalSuperblockWriter.Seal(superblock);
            device.Poke(survey.Structures[place].Offset, superblock);
        }

        uint transaction = Crc32.Initial;
        ReadOnlySpan<SealedStructure> log = survey.Log;
        while (!log.IsEmpty)
        {
            log = log[SealLogBlock(log, format, seed, ref transaction)..];
        }

        SealFastCommits(survey);
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

    private void SealFastCommits(VolumeSurvey survey)
    {
        uint crc = 0;
        foreach (SealedStructure structure in survey.Structures)
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
