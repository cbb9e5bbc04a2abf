using BenchmarkDotNet.Attributes;
using Ext4Core.Directories;
using Ext4Core.Integrity;
using Ext4Core.Layout;

namespace Ext4Safety.Benchmarks;

/// <summary>What reading through a view costs: a few fields, or one pass over a whole block.</summary>
public class ViewBenchmarks
{
    private const int EntriesPerLeaf = 340;
    private const int NamesPerBlock = 4096 / 24;

    private readonly byte[] _superblock = new byte[SuperblockView.Size];
    private readonly byte[] _inode = new byte[256];
    private readonly byte[] _leaf = new byte[4096];
    private readonly byte[] _names = new byte[4096];

    public ViewBenchmarks()
    {
        new Random(1).NextBytes(_superblock);
        new Random(2).NextBytes(_inode);
        WriteLeaf(_leaf);
        WriteNames(_names);
    }

    [Benchmark]
    public ulong Superblock()
    {
        SuperblockView view = new(_superblock);
        return view.BlocksCount + view.InodesCount + view.FreeBlocksCount + view.BlocksPerGroup;
    }

    [Benchmark]
    public ulong Inode()
    {
        InodeView view = new(_inode);
        return view.FileSize + view.Blocks + view.UserId + view.GroupId + view.LinkCount + (ulong)view.Flags;
    }

    [Benchmark(OperationsPerInvoke = EntriesPerLeaf)]
    public ulong ExtentLeaf()
    {
        ExtentNodeView node = ExtentNodeView.Parse(_leaf, new DiskLocation(StructureKind.ExtentNode, 1, 0));
        ulong sum = 0;
        for (int entryIndex = 0; entryIndex < node.EntryCount; entryIndex++)
        {
            ExtentView extent = node.Extent(entryIndex);
            sum += extent.Start.Value + extent.Length;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = NamesPerBlock)]
    public bool DirectoryBlock()
    {
        DirectoryShape shape = new(_names.Length, uint.MaxValue, HasChecksums: false, HasHashes: false);
        return DirectoryArea.Examine(_names, shape, new DiskLocation(StructureKind.DirectoryBlock, 1, 0)).IsNone;
    }

    private static void WriteLeaf(Span<byte> leaf)
    {
        Write16(leaf, ExtentNodeView.EhMagic, ExtentNodeView.ExpectedMagic);
        Write16(leaf, ExtentNodeView.EhEntries, EntriesPerLeaf);
        Write16(leaf, ExtentNodeView.EhMax, EntriesPerLeaf);
        for (int index = 0; index < EntriesPerLeaf; index++)
        {
            Span<byte> entry = leaf.Slice(ExtentNodeView.HeaderSize + (index * ExtentNodeView.EntrySize), ExtentNodeView.EntrySize);
            Write16(entry, ExtentView.EeBlock, (ushort)index);
            Write16(entry, ExtentView.EeLen, 1);
            Write16(entry, ExtentView.EeStartLo, (ushort)(1000 + (index * 2)));
        }
    }

    private static void WriteNames(Span<byte> block)
    {
        int offset = 0;
        for (int index = 0; index < NamesPerBlock; index++)
        {
            int size = index == NamesPerBlock - 1 ? block.Length - offset : 24;
            offset = DirectoryBlockWriter.Put(block, offset, size, 11, "entry-000000"u8, DirectoryEntryType.Regular);
        }
    }

    private static void Write16(Span<byte> bytes, int offset, ushort value) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(bytes[offset..], value);
}
