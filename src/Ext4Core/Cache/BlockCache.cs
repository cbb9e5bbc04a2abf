using System.Diagnostics;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Core.Cache;

/// <summary>Metadata blocks in memory: read once, verified once per stay, borrowed by lease.</summary>
/// <remarks>
/// Split into shards by block number, each with its own lock, hash chains and clock hand, so that workers rarely meet.
/// A block earns its second chance by a second look, so that a walk that sees each block once leaves the others here.
/// A miss reads the device outside the lock; whoever wants the same block meanwhile waits for that read.
/// All memory is taken at construction.
/// </remarks>
internal sealed class BlockCache
{
    /// <summary>Fewest blocks in a shard: more than all workers together can hold leases on at once.</summary>
    private const int MinimumShardBlocks = 128;
    private const int MaximumShards = 16;

    private readonly Shard[] _shards;

    /// <summary>A cache of about <paramref name="bytes"/> bytes, never below one shard's minimum.</summary>
    public BlockCache(BlockReader reader, VolumeGeometry geometry, long bytes)
    {
        long blocks = Math.Max(MinimumShardBlocks, bytes >> geometry.BlockBits);
        int shards = 1;
        while (shards < MaximumShards && blocks / (shards * 2) >= MinimumShardBlocks)
        {
            shards *= 2;
        }

        _shards = new Shard[shards];
        for (int index = 0; index < shards; index++)
        {
            _shards[index] = new(reader, geometry.BlockSize, (int)Math.Min(blocks / shards, int.MaxValue / 4));
        }
    }

    /// <summary>Borrows a block. One visit of the budget; one device read if the block is not here.</summary>
    public BlockLease Read(Workspace workspace, BlockNumber block, scoped in DiskLocation where)
    {
        workspace.Charge(1, where);
        Shard shard = _shards[(int)(Mix(block.Value) & (uint)(_shards.Length - 1))];
        return new(shard, shard.Acquire(block));
    }

    /// <summary>Forgets every block: the next read of each asks the device again. Nobody may hold a lease.</summary>
    /// <remarks>Costs as much as the reads since the last time did.</remarks>
    public void Clear()
    {
        foreach (Shard shard in _shards)
        {
            shard.Clear();
        }
    }

    private static uint Mix(ulong block) => unchecked((uint)((block * 0x9E37_79B9_7F4A_7C15) >> 40));

    internal sealed class Shard
    {
        private const int Nowhere = -1;

        private readonly object _gate = new();
        private readonly BlockReader _reader;
        private readonly int _blockSize;
        private readonly byte[][] _slabs;
        private readonly int _blocksPerSlab;
        private readonly Slot[] _slots;
        private readonly int[] _chains;
        private int _hand;
        private int _takenEnd;
        private int _releases;

        public Shard(BlockReader reader, int blockSize, int blocks)
        {
            const int SlabBytes = 1 << 20;
            _reader = reader;
            _blockSize = blockSize;
            _blocksPerSlab = SlabBytes / blockSize;
            _slabs = new byte[(blocks + _blocksPerSlab - 1) / _blocksPerSlab][];
            for (int index = 0; index < _slabs.Length; index++)
            {
                int slabBlocks = Math.Min(_blocksPerSlab, blocks - (index * _blocksPerSlab));
                _slabs[index] = GC.AllocateUninitializedArray<byte>(slabBlocks * blockSize, pinned: true);
            }

            _slots = new Slot[blocks];
            _chains = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)blocks)];
            Array.Fill(_chains, Nowhere);

            // A monitor takes memory when it is first pulsed: here, not in a request.
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }

        public ReadOnlySpan<byte> Bytes(int slot) => Memory(slot);

        public bool IsVerified(int slot, ulong key) => Volatile.Read(ref _slots[slot].VerifiedAs) == key;

        public void MarkVerified(int slot, ulong key) => Volatile.Write(ref _slots[slot].VerifiedAs, key);

        public int Acquire(BlockNumber block)
        {
            int slot;
            lock (_gate)
            {
                while ((slot = Find(block)) != Nowhere && _slots[slot].IsLoading)
                {
                    Monitor.Wait(_gate);
                }

                if (slot != Nowhere)
                {
                    ref Slot found = ref _slots[slot];
                    _ = Interlocked.Increment(ref found.Leases);
                    found.WasUsed = true;
                    return slot;
                }

                slot = Evict();
                _takenEnd = Math.Max(_takenEnd, slot + 1);
                ref Slot taken = ref _slots[slot];
                taken.Block = block;
                taken.Leases = 1;
                taken.IsLoading = true;
                taken.WasUsed = false;
                taken.VerifiedAs = 0;
                Link(slot);
            }

            Load(slot, block);
            return slot;
        }

        /// <summary>Starts over: slots are taken from the first one on again.</summary>
        public void Clear()
        {
            lock (_gate)
            {
                for (int slot = 0; slot < _takenEnd; slot++)
                {
                    ref Slot taken = ref _slots[slot];
                    if (taken.Leases > 0)
                    {
                        throw new UnreachableException($"block {taken.Block.Value} is borrowed while the cache is cleared");
                    }

                    if (taken.IsLinked)
                    {
                        Unlink(slot);
                    }

                    taken.WasUsed = false;
                }

                _hand = 0;
                _takenEnd = 0;
                _releases = 0;
            }
        }

        /// <summary>Takes no lock: only with it may a count rise from zero, or a block leave whose count is zero.</summary>
        public void Release(int slot)
        {
            _ = Interlocked.Decrement(ref _slots[slot].Leases);
            Poison(slot);
        }

        /// <summary>Now and then gives up a block that nobody holds any more, so that a span kept beyond its lease is loud.</summary>
        [Conditional("CHECKED")]
        private void Poison(int slot)
        {
            const int OneIn = 61;
            const byte Pattern = 0xDB;
            lock (_gate)
            {
                _releases = (_releases + 1) % OneIn;
                if (_releases == 0 && _slots[slot] is { Leases: 0, IsLinked: true })
                {
                    Unlink(slot);
                    Memory(slot).Fill(Pattern);
                }
            }
        }

        private void Load(int slot, BlockNumber block)
        {
            bool isLoaded = false;
            try
            {
                _reader.Read(block, Memory(slot));
                isLoaded = true;
            }
            finally
            {
                lock (_gate)
                {
                    ref Slot loaded = ref _slots[slot];
                    loaded.IsLoading = false;
                    if (!isLoaded)
                    {
                        Unlink(slot);
                        loaded.Leases = 0;
                    }

                    Monitor.PulseAll(_gate);
                }
            }
        }

        private Span<byte> Memory(int slot) =>
            _slabs[slot / _blocksPerSlab].AsSpan(slot % _blocksPerSlab * _blockSize, _blockSize);

        private ref int Chain(BlockNumber block) =>
            ref _chains[(int)(unchecked((uint)((block.Value * 0xD6E8_FEB8_6659_FD93) >> 32)) & (uint)(_chains.Length - 1))];

        private int Find(BlockNumber block)
        {
            int slot = Chain(block);
            while (slot != Nowhere && _slots[slot].Block != block)
            {
                slot = _slots[slot].Next;
            }

            return slot;
        }

        private void Link(int slot)
        {
            ref int chain = ref Chain(_slots[slot].Block);
            _slots[slot].Next = chain;
            _slots[slot].IsLinked = true;
            chain = slot;
        }

        private void Unlink(int slot)
        {
            ref int link = ref Chain(_slots[slot].Block);
            while (link != slot)
            {
                link = ref _slots[link].Next;
            }

            link = _slots[slot].Next;
            _slots[slot].IsLinked = false;
        }

        /// <summary>Finds a slot that nobody holds: the clock passes each at most twice.</summary>
        private int Evict()
        {
            for (int steps = 0; steps < _slots.Length * 2; steps++)
            {
                int slot = _hand;
                _hand = slot + 1 == _slots.Length ? 0 : slot + 1;
                ref Slot candidate = ref _slots[slot];
                if (Volatile.Read(ref candidate.Leases) > 0)
                {
                    continue;
                }

                if (candidate.WasUsed)
                {
                    candidate.WasUsed = false;
                    continue;
                }

                if (candidate.IsLinked)
                {
                    Unlink(slot);
                }

                return slot;
            }

            throw new UnreachableException("every block of a cache shard is leased");
        }

        private struct Slot
        {
            public BlockNumber Block;
            public ulong VerifiedAs;
            public int Leases;
            public int Next;
            public bool IsLinked;
            public bool IsLoading;
            public bool WasUsed;
        }
    }
}
