using Ext4Core.Directories;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Directories;

/// <summary>A tree of one root, one interior node where wanted, and two leaves; the name "a" in the last leaf.</summary>
public sealed class HtreeTests
{
    private const int BlockSize = DirectoryVolume.BlockSize;
    private const int RootStart = 0x20;
    private const int LastEntry = 512;
    private static readonly uint[] NoSeed = [0, 0, 0, 0];

    [Theory]
    [InlineData((byte)HashVersion.Legacy)]
    [InlineData((byte)HashVersion.HalfMd4)]
    [InlineData((byte)HashVersion.Tea)]
    public void A_name_is_found_in_the_leaf_that_its_hash_leads_to(byte version)
    {
        Assert.Equal(FsError.None, Lookup(Tree(version: (HashVersion)version)));
        Assert.Equal(FsError.NotFound, Lookup(Tree(version: (HashVersion)version), "b"));
    }

    [Fact]
    public void A_name_is_not_looked_for_where_its_hash_does_not_lead() =>
        Assert.Equal(FsError.NotFound, Lookup(Tree(change: root => Le.PutU32(root, RootStart + 8, uint.MaxValue))));

    [Fact]
    public void A_hash_that_goes_on_in_the_next_leaf_is_followed_there() =>
        Assert.Equal(
            FsError.None, Lookup(Tree(change: root => Le.PutU32(root, RootStart + 8, Hash(HashVersion.HalfMd4) | 1))));

    [Fact]
    public void Deeper_trees_are_descended() => Assert.Equal(FsError.None, Lookup(Tree(levels: 1)));

    [Fact]
    public void Three_levels_need_the_feature()
    {
        DirectoryVolume volume = Tree(change: root => root[HtreeRootView.InfoIndirectLevels] = 2);
        Assert.Equal(CorruptionCode.HtreeTooDeep, ExamineRoot(volume.Blocks[0]!, levelLimit: 2).Code);
        Assert.True(ExamineRoot(volume.Blocks[0]!, levelLimit: 3).IsNone);
    }

    [Theory]
    [InlineData(HtreeRootView.InfoHashVersion, 3, CorruptionCode.HtreeHashVersionUnknown)]
    [InlineData(HtreeRootView.InfoHashVersion, 6, CorruptionCode.HtreeHashVersionUnknown)]
    [InlineData(HtreeRootView.InfoUnusedFlags, 1, CorruptionCode.HtreeFlagsUnknown)]
    [InlineData(HtreeRootView.InfoIndirectLevels, 2, CorruptionCode.HtreeTooDeep)]
    [InlineData(HtreeRootView.InfoInfoLength, 0, CorruptionCode.HtreeLimitMismatch)]
    [InlineData(RootStart, 1, CorruptionCode.HtreeLimitMismatch)]
    [InlineData(RootStart + 2, 0, CorruptionCode.HtreeCountOutOfRange)]
    [InlineData(RootStart + 3, 1, CorruptionCode.HtreeCountOutOfRange)]
    public void A_damaged_root_is_known_and_answered_by_a_linear_search(int field, byte value, CorruptionCode code)
    {
        DirectoryVolume volume = Tree(change: root => root[field] = value);
        Assert.Equal(code, ExamineRoot(volume.Blocks[0]!, levelLimit: 2).Code);
        Assert.Equal(FsError.None, Lookup(volume));
    }

    [Fact]
    public void Flags_that_mean_nothing_are_passed_over()
    {
        DirectoryVolume volume = Tree(change: root => root[HtreeRootView.InfoUnusedFlags] = 0xFE);
        Assert.True(ExamineRoot(volume.Blocks[0]!, levelLimit: 2).IsNone);
    }

    [Fact]
    public void A_tree_that_leads_back_is_answered_by_a_linear_search()
    {
        DirectoryVolume volume = Tree(change: root => Le.PutU32(root, RootStart + 12, 0));
        HtreePath path = default;
        DiskLocation here = new(StructureKind.HtreeNode, 21, 0, 12);
        Damage damage = path.Descend(new(0), new HtreeRootView(volume.Blocks[0]).Entries, 1, here);
        Assert.Equal(new Damage(CorruptionCode.HtreeCycle, here.At(RootStart + 12), 0, 0), damage);
        Assert.Equal(FsError.None, Lookup(volume));
    }

    [Theory]
    [InlineData(4u, CorruptionCode.HtreeBlockOutOfRange)]
    [InlineData(3u, CorruptionCode.DirectoryHole)]
    public void A_leaf_that_is_not_there_is_damage(uint block, CorruptionCode code)
    {
        DirectoryVolume volume = Tree(change: root => Le.PutU32(root, RootStart + 12, block), extraBlocks: [null]);
        Assert.Equal(code, Damage(() => Lookup(volume)));
    }

    [Fact]
    public void A_missing_root_is_damage_to_lookup_and_listing()
    {
        DirectoryVolume volume = new()
        {
            Blocks = [null, Leaf("a")],
            Compatible = CompatibleFeatures.DirectoryIndex,
            Flags = InodeFlags.Index,
        };
        Assert.Equal(CorruptionCode.DirectoryHole, Damage(() => Lookup(volume)));
        Assert.Equal(CorruptionCode.DirectoryHole, Damage(() => List(volume)));
    }

    [Fact]
    public void A_leaf_in_the_place_of_a_node_is_damage() =>
        Assert.Equal(
            CorruptionCode.HtreeNodeExpected,
            Damage(() => Lookup(Tree(change: root => root[HtreeRootView.InfoIndirectLevels] = 1))));

    [Fact]
    public void A_tree_with_right_checksums_is_read()
    {
        Assert.Equal(FsError.None, Lookup(Tree(hasChecksums: true)));
        Assert.Equal(FsError.None, Lookup(Tree(hasChecksums: true, levels: 1)));
    }

    [Fact]
    public void A_root_with_a_wrong_checksum_is_damage()
    {
        DirectoryVolume volume = Tree(hasChecksums: true);
        volume.Blocks[0]![RootStart + 8]++;
        Assert.Equal(CorruptionCode.HtreeChecksum, Damage(() => Lookup(volume)));
    }

    [Fact]
    public void A_node_with_a_wrong_checksum_is_damage_to_lookup_and_listing()
    {
        DirectoryVolume volume = Tree(hasChecksums: true, levels: 1);
        Assert.Null(Record.Exception(() => List(volume)));
        volume.Blocks[3]![HtreeEntriesView.NodeStart + HtreeEntriesView.EntrySize]++;
        Assert.Equal(CorruptionCode.HtreeChecksum, Damage(() => Lookup(volume)));
        Assert.Equal(CorruptionCode.HtreeChecksum, Damage(() => List(volume)));
    }

    [Theory]
    [InlineData(HtreeRootView.InfoInfoLength, CorruptionCode.HtreeLayoutUnknown)]
    [InlineData(HtreeRootView.InfoReservedZero, CorruptionCode.HtreeLayoutUnknown)]
    [InlineData(RootStart, CorruptionCode.HtreeTailMissing)]
    [InlineData(RootStart + 3, CorruptionCode.HtreeCountOutOfRange)]
    public void A_root_whose_checksum_cannot_be_found_is_damage(int field, CorruptionCode code)
    {
        DirectoryVolume volume = Tree(hasChecksums: true);
        volume.Blocks[0]![field]++;
        Assert.Equal(code, Damage(() => Lookup(volume)));
    }

    private static DirectoryVolume Tree(
        HashVersion version = HashVersion.HalfMd4,
        int levels = 0,
        bool hasChecksums = false,
        Action<byte[]>? change = null,
        byte[]?[]? extraBlocks = null)
    {
        HtreeShape shape = new(BlockSize, hasChecksums, HasHashes: false);
        byte[] root = new byte[BlockSize];
        DirectoryBlockWriter.Put(root, 0, 12, 12, "."u8, DirectoryEntryType.Directory);
        DirectoryBlockWriter.Put(root, 12, BlockSize - 12, 2, ".."u8, DirectoryEntryType.Directory);
        root[HtreeRootView.InfoHashVersion] = (byte)version;
        root[HtreeRootView.InfoInfoLength] = HtreeRootView.InfoSize;
        root[HtreeRootView.InfoIndirectLevels] = (byte)levels;
        byte[] node = new byte[BlockSize];
        DirectoryBlockWriter.Put(node, 0, BlockSize, 0, default, DirectoryEntryType.Unknown);
        if (levels == 0)
        {
            PutEntries(root, RootStart, shape.LimitFrom(RootStart), Hash(version));
        }
        else
        {
            PutEntries(root, RootStart, shape.LimitFrom(RootStart), null);
            PutEntries(node, HtreeEntriesView.NodeStart, shape.NodeLimit, Hash(version));
        }

        change?.Invoke(root);
        byte[][] blocks = levels == 0 ? [root, Leaf("other"), Leaf("a")] : [root, Leaf("other"), Leaf("a"), node];
        if (hasChecksums)
        {
            Seal(root, RootStart, shape.LimitFrom(RootStart));
            Seal(node, HtreeEntriesView.NodeStart, shape.NodeLimit);
            SealLeaf(blocks[1]);
            SealLeaf(blocks[2]);
        }

        return new()
        {
            Blocks = [.. blocks, .. extraBlocks ?? []],
            HasChecksums = hasChecksums,
            Compatible = CompatibleFeatures.DirectoryIndex,
            Flags = InodeFlags.Index,
        };
    }

    /// <summary>Two leaves parted at a hash, or one way to the node in block 3.</summary>
    private static void PutEntries(byte[] block, int start, int limit, uint? hash)
    {
        Le.PutU16(block, start + HtreeEntriesView.DxLimit, (ushort)limit);
        Le.PutU16(block, start + HtreeEntriesView.DxCount, (ushort)(hash is null ? 1 : 2));
        Le.PutU32(block, start + HtreeEntriesView.DxBlock, hash is null ? 3u : 1u);
        if (hash is { } from)
        {
            Le.PutU32(block, start + HtreeEntriesView.EntrySize + HtreeEntriesView.DxHash, from);
            Le.PutU32(block, start + HtreeEntriesView.EntrySize + HtreeEntriesView.DxBlock, 2);
        }
    }

    private static void Seal(byte[] block, int start, int limit)
    {
        HtreeEntriesView entries = new(block, start);
        if (entries.Limit == limit)
        {
            uint checksum = HtreeTailView.Compute(block, entries, DirectoryVolume.Seed);
            Le.PutU32(block, entries.OffsetOf(limit) + HtreeTailView.DtChecksum, checksum);
        }
    }

    private static void SealLeaf(byte[] block)
    {
        Le.PutU16(block, LastEntry + DirectoryEntryView.DeRecLen, BlockSize - LastEntry - DirectoryTailView.Size);
        DirectoryBlockWriter.Seal(block, DirectoryVolume.Seed);
    }

    private static byte[] Leaf(string name)
    {
        byte[] block = new byte[BlockSize];
        byte[] stored = System.Text.Encoding.ASCII.GetBytes(name);
        DirectoryBlockWriter.Put(block, 0, LastEntry, DirectoryVolume.ChildInode, stored, DirectoryEntryType.Regular);
        DirectoryBlockWriter.Put(block, LastEntry, BlockSize - LastEntry, 0, default, DirectoryEntryType.Unknown);
        return block;
    }

    private static uint Hash(HashVersion version) => DirectoryHash.Compute(version, NoSeed, "a"u8).Major;

    private static Damage ExamineRoot(byte[] root, int levelLimit) => new HtreeRootView(root).Examine(
        new(BlockSize, HasChecksums: false, HasHashes: false), levelLimit, new(StructureKind.HtreeNode, 21, 0, 12));

    private static CorruptionCode Damage(Action action) => Assert.Throws<CorruptionException>(action).Code;

    private static FsError Lookup(DirectoryVolume volume, string name = "a")
    {
        using Volume mounted = volume.Mount();
        return mounted.Lookup(
            mounted.CreateWorkspace(), DirectoryVolume.Directory, System.Text.Encoding.ASCII.GetBytes(name), out _);
    }

    private static void List(DirectoryVolume volume)
    {
        using Volume mounted = volume.Mount();
        AnySink sink = default;
        mounted.List(mounted.CreateWorkspace(), DirectoryVolume.Directory, 0, ref sink);
    }

    private struct AnySink : IDirectorySink
    {
        public bool Add(scoped DirectoryEntry entry) => true;
    }
}
