using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Cache;

public sealed class BlockCacheTests : IDisposable
{
    /// <summary>The smallest cache has one shard of this many blocks.</summary>
    private const int Capacity = 128;

    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 0, 0);
    private static readonly ulong Key = BlockLease.VerificationKey(StructureKind.ExtentNode, 7);

    private readonly SimulatedDisk _disk;
    private readonly VolumeGeometry _geometry;
    private readonly BlockCache _cache;
    private readonly Workspace _workspace;

    public BlockCacheTests()
    {
        ImageBuilder image = new();
        _geometry = new(
            new SuperblockView(image.Superblock), new(SuperblockView.VolumeOffset), image.Disk.Length,
            new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset));
        _disk = new(image.Disk.Length);
        for (ulong block = 0; block < _geometry.BlocksCount; block++)
        {
            ImageBuilder.FillPattern(_disk.Edit((long)block * 1024, 1024), 1, (uint)block);
        }

        _cache = new(CacheShape.For(_geometry, 0));
        _cache.ReadFrom(new(_disk, _geometry));
        _workspace = new(_geometry, int.MaxValue, new());
        _workspace.Begin();
    }

    [Fact]
    public void A_block_that_stays_is_read_once()
    {
        for (int look = 0; look < 5; look++)
        {
            Assert.True(Holds(_workspace, 17));
        }

        Assert.Equal(1, _disk.ReadCount);
    }

    [Fact]
    public void More_blocks_than_fit_are_all_right_and_read_again_after_they_left()
    {
        for (uint block = 0; block < 10 * Capacity; block++)
        {
            Assert.True(Holds(_workspace, block));
        }

        int before = _disk.ReadCount;
        Assert.True(Holds(_workspace, 0));
        Assert.Equal(before + 1, _disk.ReadCount);
    }

    [Fact]
    public void A_block_that_is_looked_at_often_outlasts_those_that_are_not()
    {
        const uint Rounds = 40;
        const uint Others = 100;
        for (uint round = 0; round < Rounds; round++)
        {
            Assert.True(Holds(_workspace, 17));
            for (uint block = 0; block < Others; block++)
            {
                Assert.True(Holds(_workspace, 50 + (round * Others) + block));
            }
        }

        // A checked build gives up every sixty-first block that is released, whatever it is.
        Assert.InRange(_disk.ReadCount - (Rounds * Others), 1, 3);
    }

    [Fact]
    public void A_block_verified_once_stays_verified_until_it_leaves()
    {
        using (BlockLease first = _cache.Read(_workspace, new(17), Here))
        {
            Assert.False(first.IsVerified(Key));
            first.MarkVerified(Key);
            Assert.True(first.IsVerified(Key));
            Assert.False(first.IsVerified(BlockLease.VerificationKey(StructureKind.ExtentNode, 8)));
            Assert.False(first.IsVerified(BlockLease.VerificationKey(StructureKind.DirectoryBlock, 7)));
        }

        using (BlockLease again = _cache.Read(_workspace, new(17), Here))
        {
            Assert.True(again.IsVerified(Key));
        }

        for (uint block = 100; block < 100 + (2 * Capacity); block++)
        {
            using BlockLease other = _cache.Read(_workspace, new(block), Here);
            Assert.False(other.IsVerified(Key));
        }

        using BlockLease back = _cache.Read(_workspace, new(17), Here);
        Assert.False(back.IsVerified(Key));
    }

    [Fact]
    public void A_lease_keeps_its_block_in_place()
    {
        using BlockLease lease = _cache.Read(_workspace, new(17), Here);
        ReadOnlySpan<byte> bytes = lease.Bytes;
        for (uint block = 100; block < 100 + (8 * Capacity); block++)
        {
            Assert.True(Holds(_workspace, block));
        }

        Assert.True(IsPattern(bytes, 17));
    }

    [Fact]
    public void A_read_that_fails_leaves_nothing_behind()
    {
        _disk.Fail(DiskOperation.Read, 17 * 1024, 1);
        for (int attempt = 0; attempt < 3 * Capacity; attempt++)
        {
            var failure = Assert.Throws<DeviceException>(() => Holds(_workspace, 17));
            Assert.Equal((17 * 1024, 1024), (failure.Offset, failure.Length));
        }

        Assert.True(Holds(_workspace, 18));
        _disk.Before = null;
        Assert.True(Holds(_workspace, 17));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_wants_a_block_that_is_being_read_waits_for_that_read(bool fails)
    {
        using ManualResetEventSlim isReading = new();
        using ManualResetEventSlim mayGoOn = new();
        int reads = 0;
        _disk.Before = transfer =>
        {
            if (Interlocked.Increment(ref reads) > 1)
            {
                return;
            }

            isReading.Set();
            mayGoOn.Wait();
            if (fails)
            {
                throw new DeviceException("read", transfer.Offset, transfer.Length);
            }
        };
        Task<bool> first = OnThread(() => HoldsOrFails(17));
        isReading.Wait();
        Task<bool>[] others = [.. Enumerable.Range(0, 3).Select(_ => OnThread(() => HoldsOrFails(17)))];
        await Task.Delay(50);
        Assert.Equal(1, Volatile.Read(ref reads));
        Assert.DoesNotContain(others, task => task.IsCompleted);
        mayGoOn.Set();
        Assert.Equal(!fails, await first);
        Assert.All(await Task.WhenAll(others), Assert.True);
        Assert.Equal(fails ? 2 : 1, Volatile.Read(ref reads));
    }

    [Fact]
    public async Task Many_threads_over_few_blocks_always_see_what_the_disk_holds()
    {
        const int Threads = 4;
        Task<int>[] workers = [.. Enumerable.Range(0, Threads).Select(seed => OnThread(() =>
        {
            Random random = new(seed);
            Workspace workspace = new(_geometry, int.MaxValue, new());
            workspace.Begin();
            int wrong = 0;
            for (int look = 0; look < 5000; look++)
            {
                uint block = (uint)random.Next(1, 3 * Capacity);
                using BlockLease outer = _cache.Read(workspace, new(block), Here);
                wrong += Holds(workspace, (uint)random.Next(1, 3 * Capacity)) && IsPattern(outer.Bytes, block) ? 0 : 1;
            }

            return wrong;
        }))];
        Assert.Equal(new int[Threads], await Task.WhenAll(workers));
    }

    public void Dispose() => _disk.Dispose();

    private static Task<T> OnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private bool HoldsOrFails(uint block)
    {
        Workspace workspace = new(_geometry, int.MaxValue, new());
        workspace.Begin();
        try
        {
            return Holds(workspace, block);
        }
        catch (DeviceException)
        {
            return false;
        }
    }

    [Fact]
    public void Shrinking_forgets_what_was_seen_once_then_what_was_seen_again_and_never_what_is_held()
    {
        Assert.True(Holds(_workspace, 17) && Holds(_workspace, 17) && Holds(_workspace, 18));
        using BlockLease held = _cache.Read(_workspace, new(19), Here);
        Assert.Equal(1, Shrink());
        Assert.Equal(2, Shrink());
        Assert.True(IsPattern(held.Bytes, 19));
        int before = _disk.ReadCount;
        Assert.True(Holds(_workspace, 17) && Holds(_workspace, 18) && Holds(_workspace, 19));
        Assert.Equal(2, _disk.ReadCount - before);

        int Shrink()
        {
            int bytes = 0;
            _cache.Shrink(memory =>
            {
                memory.Clear();
                bytes += memory.Length;
            });
            return bytes / _geometry.BlockSize;
        }
    }

    private bool Holds(Workspace workspace, uint block)
    {
        using BlockLease lease = _cache.Read(workspace, new(block), Here);
        return IsPattern(lease.Bytes, block);
    }

    private static bool IsPattern(ReadOnlySpan<byte> bytes, uint block)
    {
        Span<byte> expected = stackalloc byte[1024];
        ImageBuilder.FillPattern(expected, 1, block);
        return bytes.SequenceEqual(expected);
    }
}
