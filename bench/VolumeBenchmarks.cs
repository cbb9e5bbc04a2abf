using BenchmarkDotNet.Attributes;
using Ext4Core;
using Ext4Core.Directories;
using Ext4Core.Primitives;

namespace Ext4Safety.Benchmarks;

/// <summary>The front door over a volume in memory: what a request costs below the transport. Nothing may allocate.</summary>
[MemoryDiagnoser]
public class VolumeBenchmarks
{
    private static readonly SampleVolume Sample = new();

    private readonly byte[][] _names = new byte[1024][];
    private readonly InodeNumber[] _inodes = new InodeNumber[1024];
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _turn;

    public VolumeBenchmarks()
    {
        for (int index = 0; index < _names.Length; index++)
        {
            _names[index] = System.Text.Encoding.ASCII.GetBytes($"entry-{index * 17:d6}");
            _ = Sample.Volume.Lookup(Sample.Workspace, Sample.Large, _names[index], out _inodes[index]);
        }
    }

    [Benchmark]
    public InodeNumber LookupIndexed()
    {
        _turn = (_turn + 1) & (_names.Length - 1);
        _ = Sample.Volume.Lookup(Sample.Workspace, Sample.Large, _names[_turn], out InodeNumber child);
        return child;
    }

    [Benchmark]
    public InodeNumber LookupLinear()
    {
        _ = Sample.Volume.Lookup(Sample.Workspace, Sample.Small, "entry-000050"u8, out InodeNumber child);
        return child;
    }

    [Benchmark]
    public FsError LookupMissing() => Sample.Volume.Lookup(Sample.Workspace, Sample.Large, "absent"u8, out _);

    [Benchmark]
    public long Stat()
    {
        _turn = (_turn + 1) & (_inodes.Length - 1);
        _ = Sample.Volume.Stat(Sample.Workspace, _inodes[_turn], out InodeStat stat);
        return stat.Size;
    }

    [Benchmark]
    public int ReadBlock()
    {
        _turn = (_turn + 1) & (_inodes.Length - 1);
        _ = Sample.Volume.Read(
            Sample.Workspace, Sample.Data, _turn * (long)SampleVolume.BlockSize, _buffer.AsSpan(0, SampleVolume.BlockSize), out int count);
        return count;
    }

    [Benchmark]
    public int ReadMebibyte()
    {
        _ = Sample.Volume.Read(Sample.Workspace, Sample.Data, 0, _buffer, out int count);
        return count;
    }

    [Benchmark]
    public int ReadFragmented()
    {
        _turn = (_turn + 1) & (_inodes.Length - 1);
        _ = Sample.Volume.Read(
            Sample.Workspace, Sample.Fragmented, _turn * 2L * SampleVolume.BlockSize, _buffer.AsSpan(0, SampleVolume.BlockSize), out int count);
        return count;
    }

    [Benchmark(OperationsPerInvoke = SampleVolume.LargeCount)]
    public int ListLarge()
    {
        CountingSink sink = default;
        _ = Sample.Volume.List(Sample.Workspace, Sample.Large, 0, ref sink);
        return sink.Count;
    }

    private struct CountingSink : IDirectorySink
    {
        public int Count { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            Count++;
            return true;
        }
    }
}
