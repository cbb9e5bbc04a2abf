using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;
using TestSupport;

namespace Ext4Core.UnitTests.Verity;

public sealed class VerityReaderTests
{
    private const uint File = 12;

    public static readonly TheoryData<int, bool, int, int> Shapes = new()
    {
        { 0, false, 1024, 10 },
        { 1, false, 1024, 10 },
        { 1024, true, 1024, 10 },
        { 1025, false, 1024, 10 },
        { 70_000, false, 1024, 10 },
        { 70_000, true, 1024, 10 },
        { 140_000, true, 1024, 10 },
        { 100_000, false, 4096, 12 },
        { 300_000, true, 4096, 10 },
        { 300_000, false, 4096, 11 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void An_untouched_file_reads_as_it_was_written_from_any_offset(int size, bool isLong, int blockSize, int blockBits)
    {
        byte[] contents = Contents(size);
        TinyVolume image = new(blockSize, readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        _ = new VerityFile(image, File, contents, isLong, blockBits, [1, 2, 3]);
        using Volume volume = image.Mount();

        Assert.Equal(contents, Read(volume, 0, size + 10));
        Random random = new(size);
        for (int run = 0; run < 20 && size > 0; run++)
        {
            int offset = random.Next(size);
            int length = random.Next(1, 9000);
            Assert.Equal(contents[offset..Math.Min(size, offset + length)], Read(volume, offset, length));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_changed_byte_of_data_gives_an_error_where_it_is_and_nowhere_else(int size, bool isLong, int blockSize, int blockBits)
    {
        if (size == 0)
        {
            return;
        }

        TinyVolume image = new(blockSize, readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(size), isLong, blockBits, []);
        file.Data[size - 1] ^= 1;
        using Volume volume = image.Mount();

        Assert.Equal(FsError.InputOutput, TryRead(volume, size - 1, 1));
        Assert.Equal(FsError.InputOutput, TryRead(volume, 0, size));
        Assert.Equal(size > 1 << blockBits ? FsError.None : FsError.InputOutput, TryRead(volume, 0, 1));
    }

    [Fact]
    public void A_changed_byte_behind_the_end_in_the_last_block_gives_an_error_as_in_the_kernel()
    {
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(1500), false, 10, []);
        file.Data[1500] = 1;
        using Volume volume = image.Mount();

        Assert.Equal(FsError.InputOutput, TryRead(volume, 1400, 10));
        Assert.Equal(FsError.None, TryRead(volume, 0, 10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_changed_hash_at_any_level_gives_an_error_below_it(int treeBlock)
    {
        // 70,000 bytes are 69 blocks, so three leaves of 32 hashes below one root.
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(70_000), false, 10, []);
        image.Block(file.Tree + (uint)treeBlock)[0] ^= 1;
        using Volume volume = image.Mount();

        Assert.Equal(FsError.InputOutput, TryRead(volume, 0, 70_000));
        Assert.Equal(treeBlock == 2 ? FsError.None : FsError.InputOutput, TryRead(volume, 0, 1024));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_byte_that_no_path_uses_is_part_of_its_hash_block_all_the_same(int treeBlock)
    {
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(70_000), false, 10, []);
        image.Block(file.Tree + (uint)treeBlock)[^1] ^= 1;
        using Volume volume = image.Mount();

        Assert.Equal(treeBlock == 2 ? FsError.None : FsError.InputOutput, TryRead(volume, 0, 1024));
        Assert.Equal(treeBlock == 1 ? FsError.None : FsError.InputOutput, TryRead(volume, 40_000, 1024));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(5000)]
    [InlineData(70_000)]
    public void A_tree_under_another_root_gives_an_error(int size)
    {
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(size), false, 10, []);
        image.Block(file.Descriptor)[VerityDescriptorView.DRootHash + 31] ^= 1;
        using Volume volume = image.Mount();

        Assert.Equal(FsError.InputOutput, TryRead(volume, 0, 10));
        Assert.Equal(FsError.InputOutput, TryRead(volume, size - 1, 1));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public void A_forged_leaf_gives_an_error_although_it_fits_its_data(int volumeBlockBits)
    {
        TinyVolume image = new(1 << volumeBlockBits, readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(70_000), false, 10, []);
        file.Data[0] ^= 1;
        byte[] forged = System.Security.Cryptography.SHA256.HashData(file.Data[..1024]);
        forged.CopyTo(image.Bytes.AsSpan((int)(file.Tree << volumeBlockBits) + 1024));
        using Volume volume = image.Mount();

        Assert.Equal(FsError.InputOutput, TryRead(volume, 0, 10));
    }

    [Fact]
    public void A_hash_block_verified_in_one_place_is_not_trusted_in_another()
    {
        // The second leaf's place is mapped to the first leaf, and the data below it repeats the data below that.
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(70_000), false, 10, []);
        file.Data[..32_768].CopyTo(file.Data[32_768..]);
        Span<byte> inode = image.Inode(File);
        uint data = Le.U32(inode, InodeView.IBlock + ExtentNodeView.HeaderSize + ExtentView.EeStartLo);
        TinyVolume.WriteExtents(
            inode, [(0u, data, (ushort)69), (128u, file.Tree, (ushort)2), (130u, file.Tree + 1, (ushort)1), (131u, file.Tree + 3, (ushort)2)]);
        using Volume volume = image.Mount();

        Assert.Equal(FsError.None, TryRead(volume, 0, 32_768));
        Assert.Equal(FsError.InputOutput, TryRead(volume, 32_768, 1024));
    }

    [Fact]
    public void A_hole_in_the_tree_gives_an_error()
    {
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(70_000), false, 10, []);
        Span<byte> inode = image.Inode(File);
        uint data = Le.U32(inode, InodeView.IBlock + ExtentNodeView.HeaderSize + ExtentView.EeStartLo);
        TinyVolume.WriteExtents(inode, [(0u, data, (ushort)69), (132u, file.Descriptor, (ushort)1)]);
        using Volume volume = image.Mount();

        Assert.Equal(FsError.InputOutput, TryRead(volume, 0, 10));
    }

    [Theory]
    [InlineData(CorruptionCode.VerityVersionMismatch, VerityDescriptorView.DVersion, 2)]
    [InlineData(CorruptionCode.VerityAlgorithmUnknown, VerityDescriptorView.DHashAlgorithm, 3)]
    [InlineData(CorruptionCode.VerityBlockSizeOutOfRange, VerityDescriptorView.DLogBlocksize, 9)]
    [InlineData(CorruptionCode.VerityBlockSizeOutOfRange, VerityDescriptorView.DLogBlocksize, 11)]
    [InlineData(CorruptionCode.VeritySaltSize, VerityDescriptorView.DSaltSize, 33)]
    [InlineData(CorruptionCode.VeritySignatureSize, VerityDescriptorView.DSigSize, 1)]
    [InlineData(CorruptionCode.VerityFileSizeMismatch, VerityDescriptorView.DDataSize, 1)]
    [InlineData(CorruptionCode.VerityPaddingMismatch, VerityDescriptorView.DReserved + 143, 1)]
    public void A_descriptor_that_cannot_be_is_corrupt(CorruptionCode code, int offset, byte value) => AssertDamage(
        code, (image, file) => image.Block(file.Descriptor)[offset] = value);

    [Theory]
    [InlineData(CorruptionCode.VerityDescriptorSize, 255u)]
    [InlineData(CorruptionCode.VerityDescriptorOutOfRange, 0u)]
    [InlineData(CorruptionCode.VerityDescriptorOutOfRange, 1_000_000u)]
    public void A_size_at_the_end_that_leads_to_no_descriptor_is_corrupt(CorruptionCode code, uint size) => AssertDamage(
        code, (image, file) => Le.PutU32(image.Block(file.Descriptor), image.BlockSize - 4, size));

    [Fact]
    public void A_descriptor_above_its_limit_is_corrupt()
    {
        byte[] bytes = new byte[VerityDescriptorView.Size];
        VerityDescriptorWriter.Write(bytes, VerityAlgorithm.Sha256, 12, [], 10, new byte[32]);
        DiskLocation here = new(StructureKind.VerityDescriptor, 9, 0, File);
        _ = VerityDescriptorView.Parse(bytes, VerityDescriptorView.MaximumSize, 10, here);

        var damage = Assert.Throws<CorruptionException>(
            () => { _ = VerityDescriptorView.Parse(bytes, VerityDescriptorView.MaximumSize + 1, 10, here); });
        Assert.Equal(CorruptionCode.VerityDescriptorSize, damage.Code);
    }

    [Fact]
    public void A_tree_of_nine_levels_is_corrupt()
    {
        const ulong EightLevels = 1ul << (10 + (8 * 4));
        BuildTree(EightLevels);

        Assert.Equal(
            CorruptionCode.VerityLevelsOverflow, Assert.Throws<CorruptionException>(() => BuildTree(EightLevels + 1)).Code);

        static void BuildTree(ulong fileSize)
        {
            byte[] bytes = new byte[VerityDescriptorView.Size];
            VerityDescriptorWriter.Write(bytes, VerityAlgorithm.Sha512, 10, [], fileSize, new byte[64]);
            DiskLocation here = new(StructureKind.VerityDescriptor, 9, 0, File);
            VerityDescriptorView descriptor = VerityDescriptorView.Parse(bytes, VerityDescriptorView.Size, fileSize, here);
            VerityTree.Build(descriptor, fileSize, 16, here, out VerityTree tree);
            Assert.Equal(8, tree.LevelCount);
        }
    }

    [Fact]
    public void A_file_without_an_extent_tree_is_corrupt() => AssertDamage(
        CorruptionCode.VerityWithoutExtents,
        (image, _) =>
        {
            Span<byte> inode = image.Inode(File);
            Le.PutU32(inode, InodeView.IFlags, (uint)InodeFlags.Verity);
            inode.Slice(InodeView.IBlock, InodeView.BlockMapSize).Clear();
        });

    [Fact]
    public void A_file_without_blocks_is_corrupt() => AssertDamage(
        CorruptionCode.VerityDescriptorOutOfRange, (image, _) => TinyVolume.WriteExtents(image.Inode(File)));

    [Fact]
    public void A_file_whose_size_reaches_past_its_descriptor_is_corrupt() => AssertDamage(
        CorruptionCode.VerityDescriptorOutOfRange, (image, _) => Le.PutU32(image.Inode(File), InodeView.ISizeHigh, 0x7FFF_FFFF));

    [Fact]
    public void A_verified_file_has_no_place_on_the_device()
    {
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        _ = new VerityFile(image, File, Contents(5000), false, 10, []);
        using Volume volume = image.Mount();

        Assert.Equal(FsError.None, volume.Map(volume.CreateWorkspace(), Number(volume), 0, 5000, out FileRun run));
        Assert.Equal(FileRunKind.ReadOnly, run.Kind);
    }

    [Fact]
    public void Verifying_allocates_nothing()
    {
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        _ = new VerityFile(image, File, Contents(70_000), true, 10, [7]);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        InodeNumber number = Number(volume);
        byte[] buffer = new byte[4000];

        AllocationGate.Zero(() => volume.Read(workspace, number, 100, buffer, out _));
    }

    private static byte[] Contents(int size)
    {
        byte[] contents = new byte[size];
        new Random(size).NextBytes(contents);
        return contents;
    }

    private static void AssertDamage(CorruptionCode code, Action<TinyVolume, VerityFile> damage)
    {
        TinyVolume image = new(readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity);
        VerityFile file = new(image, File, Contents(5000), false, 10, [1]);
        using (Volume volume = image.Mount())
        {
            Assert.Equal(FsError.None, TryRead(volume, 0, 5000));
        }

        damage(image, file);
        using Volume damaged = image.Mount();
        Assert.Equal(code, Assert.Throws<CorruptionException>(() => TryRead(damaged, 0, 1)).Code);
    }

    private static InodeNumber Number(Volume volume)
    {
        volume.Admit(new ClaimedInode(File), out InodeNumber number);
        return number;
    }

    private static FsError TryRead(Volume volume, long offset, int length) =>
        volume.Read(volume.CreateWorkspace(), Number(volume), offset, new byte[length], out _);

    private static byte[] Read(Volume volume, long offset, int length)
    {
        byte[] buffer = new byte[length];
        Assert.Equal(FsError.None, volume.Read(volume.CreateWorkspace(), Number(volume), offset, buffer, out int count));
        return buffer[..count];
    }
}
