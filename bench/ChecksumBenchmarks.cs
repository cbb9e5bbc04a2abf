using BenchmarkDotNet.Attributes;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Benchmarks;

/// <summary>Checksums over what the format protects: blocks, inodes, descriptors.</summary>
public class ChecksumBenchmarks
{
    private readonly byte[] _block = new byte[4096];
    private readonly byte[] _inode = new byte[256];

    public ChecksumBenchmarks()
    {
        new Random(1).NextBytes(_block);
        new Random(2).NextBytes(_inode);
    }

    [Benchmark]
    public uint Crc32COfBlock() => Crc32C.Append(Crc32C.Initial, _block);

    [Benchmark]
    public uint Crc32COfInode() => InodeChecksum.Compute(_inode, Crc32C.Initial);

    [Benchmark]
    public ushort Crc16OfDescriptor() => Crc16.Append(0xFFFF, _inode.AsSpan(0, 32));
}
