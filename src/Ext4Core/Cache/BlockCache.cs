using System.Diagnostics;
using System.Numerics;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Core.Cache;

/// <summary>Takes memory that holds nothing any more.</summary>
public delegate void MemoryReturn(Span<byte> memory);

/// <summary>Metadata blocks in memory: read once, verified once per stay, borrowed by lease.</summary>
/// <remarks>
/// Split into shards by block number, each with its own lock, hash chains and clock hand, so that workers rarely meet.
/// A block earns its second chance by a second look, so that a walk that sees each block once leaves the others here.
/// A miss reads the device outside the lock; whoever wants the same block meanwhile waits for that read.
/// All memory is taken at construction.
/// </remarks>
internal sealed class BlockCache
{
    private readonly Shard[] _shards;
    private BlockReader _reader = null!;

    /// <summary>Takes the memory; <see cref="ReadFrom"/> says whose blocks it holds.</summary>
    public BlockCache(in CacheShape shape)
    {
        Shape = shape;
        _shards = new Shard[shape.Shards];
        for (int index = 0; index < _shards.Length; index++)
        {
            _shards[index] = new(shape.BlockSize, shape.BlocksPerShard);
        }
    }

    /// <summary>How much it holds.</summary>
    public CacheShape Shape { get; }

    /// <summary>Says where missing blocks are read. The cache is empty.</summary>
    public void ReadFrom(BlockReader reader) => _reader = reader;

    /// <summary>Borrows a block. One visit of the budget; one device read if the block is not here.</summary>
    public BlockLease Read(Workspace workspace, BlockNumber block, scoped in DiskLocation where)
    {
        workspace.Charge(1, where);
        Shard shard = _shards[(int)(Mix(block.Value) & (uint)(_shards.Length - 1))];
        return new(shard, shard.Acquire(block, _reader));
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

    /// <summary>Forgets every block that nobody holds and that nobody has looked at twice since the last time.</summary>
    /// <param name="giveBack">Gets the memory that holds nothing any more, one run after the other; it may change what it holds.</param>
    public void Shrink(MemoryReturn giveBack)
    {
        foreach (Shard shard in _shards)
        {
            shard.Shrink(giveBack);
        }
    }

    private static uint Mix(ulong block) => unchecked((uint)((block * 0x9E37_79B9_7F4A_7C15) >> 40));

    internal sealed class Shard
    {
        private const int Nowhere = -1;

        private readonly Lock _gate = new();

        /// <summary>Pulsed when a block was read, if anyone waits for one; never held together with the other.</summary>
        private readonly object _loads = new();
        private readonly int _blockSize;
        private readonly byte[][] _slabs;
        private readonly int _blocksPerSlab;
        private readonly Slot[] _slots;
        private readonly int[] _chains;
        private int _hand;
        private int _takenEnd;
        private uint _releases;
        private int _waiting;

        public Shard(int blockSize, int blocks)
        {
            const int SlabBytes = 1 << 20;
            _blockSize = blockSize;
            _blocksPerSlab = SlabBytes / blockSize;
            _slabs = new byte[(blocks + _blocksPerSlab - 1) / _blocksPerSlab][];
            for (int index = 0; index < _slabs.Length; index++)
            {
                int slabBlocks = Math.Min(_blocksPerSlab, blocks - (index * _blocksPerSlab));
                _slabs[index] = GC.AllocateUninitializedArray<byte>(slabBlocks * blockSize, pinned: true);
            }

            _slots = new Slot[blocks];
            _chains = new int[(int)BitOperations.RoundUpToPowerOf2((uint)blocks)];
            Array.Fill(_chains, Nowhere);

            // A monitor takes memory when it is first pulsed: here, not in a request.
            lock (_loads)
            {
                Monitor.PulseAll(_loads);
            }
        }

        public ReadOnlySpan<byte> Bytes(int slot) => Memory(slot);

        public bool IsVerified(int slot, ulong key) => Volatile.Read(ref _slots[slot].VerifiedAs) == key;

        public void MarkVerified(int slot, ulong key) => Volatile.Write(ref _slots[slot].VerifiedAs, key);

        public int Acquire(BlockNumber block, BlockReader reader)
        {
            int slot;
            Presence presence;
            while ((presence = Take(block, out slot)) == Presence.Awaited)
            {
                Await(slot);
            }

            if (presence == Presence.Missing)
            {
                Load(slot, block, reader);
            }

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

        public void Shrink(MemoryReturn giveBack)
        {
            lock (_gate)
            {
                for (int slab = 0; slab < _takenEnd; slab += _blocksPerSlab)
                {
                    int first = slab, end = Math.Min(slab + _blocksPerSlab, _takenEnd);
                    for (int slot = slab; slot < end; slot++)
                    {
                        if (!TryForget(slot))
                        {
                            GiveBack(first, slot, giveBack);
                            first = slot + 1;
                        }
                    }

                    GiveBack(first, end, giveBack);
                }
            }
        }

        /// <summary>Takes no lock: only with it may a count rise from zero, or a block leave whose count is zero.</summary>
        public void Release(int slot)
        {
            _ = Interlocked.Decrement(ref _slots[slot].Leases);
            Poison(slot);
        }

        /// <summary>Now and then gives up a block that nobody holds any more, so that a span kept beyond its lease is loud. Releases
        /// that meet may count as one.</summary>
        [Conditional("CHECKED")]
        private void Poison(int slot)
        {
            const uint OneIn = 61;
            const byte Pattern = 0xDB;
            if (unchecked(++_releases) % OneIn != 0)
            {
                return;
            }

            lock (_gate)
            {
                if (_slots[slot] is { Leases: 0, IsLinked: true })
                {
                    Unlink(slot);
                    Memory(slot).Fill(Pattern);
                }
            }
        }

        /// <summary>Takes a lease on a block that is here, or the slot for one that is not.</summary>
        private Presence Take(BlockNumber block, out int slot)
        {
            lock (_gate)
            {
                slot = Find(block);
                if (slot != Nowhere)
                {
                    ref Slot found = ref _slots[slot];
                    if (found.IsLoading)
                    {
                        _ = Interlocked.Increment(ref _waiting);
                        return Presence.Awaited;
                    }

                    _ = Interlocked.Increment(ref found.Leases);
                    found.WasUsed = true;
                    return Presence.Here;
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
                return Presence.Missing;
            }
        }

        private void Load(int slot, BlockNumber block, BlockReader reader)
        {
            bool isLoaded = false;
            try
            {
                reader.Read(block, Memory(slot));
                isLoaded = true;
            }
            finally
            {
                EndLoad(slot, isLoaded);
            }
        }

        private void EndLoad(int slot, bool isLoaded)
        {
            lock (_gate)
            {
                ref Slot loaded = ref _slots[slot];
                Volatile.Write(ref loaded.IsLoading, false);
                if (!isLoaded)
                {
                    Unlink(slot);
                    loaded.Leases = 0;
                }
            }

            if (Volatile.Read(ref _waiting) > 0)
            {
                lock (_loads)
                {
                    Monitor.PulseAll(_loads);
                }
            }
        }

        /// <summary>Waits until a slot's block is read, or was not.</summary>
        private void Await(int slot)
        {
            lock (_loads)
            {
                while (Volatile.Read(ref _slots[slot].IsLoading))
                {
                    Monitor.Wait(_loads);
                }
            }

            _ = Interlocked.Decrement(ref _waiting);
        }

        /// <summary>Whether a slot holds nothing any more. A second look keeps its block once.</summary>
        private bool TryForget(int slot)
        {
            ref Slot candidate = ref _slots[slot];
            if (Volatile.Read(ref candidate.Leases) > 0 || candidate.WasUsed)
            {
                candidate.WasUsed = false;
                return false;
            }

            if (candidate.IsLinked)
            {
                Unlink(slot);
            }

            return true;
        }

        /// <summary>The memory of slots of one slab.</summary>
        private void GiveBack(int first, int end, MemoryReturn giveBack)
        {
            if (first < end)
            {
                giveBack(_slabs[first / _blocksPerSlab].AsSpan(first % _blocksPerSlab * _blockSize, (end - first) * _blockSize));
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

        private enum Presence
        {
            /// <summary>The block is here, and leased.</summary>
            Here,

            /// <summary>A slot is leased that the block must be read into.</summary>
            Missing,

            /// <summary>Someone is reading the block at this moment.</summary>
            Awaited,
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

/// <summary>How the memory of a cache is divided.</summary>
/// <param name="BlockSize">Bytes in a block.</param>
/// <param name="Shards">Parts with a lock of their own: a power of two.</param>
/// <param name="BlocksPerShard">Blocks in each.</param>
internal readonly record struct CacheShape(int BlockSize, int Shards, int BlocksPerShard)
{
    /// <summary>Fewest blocks in a shard: more than all workers together can hold leases on at once.</summary>
    private const int MinimumShardBlocks = 128;
    private const int MaximumShards = 16;
    private const int MaximumShardBlocks = int.MaxValue / 4;

    /// <summary>About <paramref name="bytes"/> bytes, never below one shard's minimum, and no more than there are blocks on the
    /// volume, which are rounded up so that few shapes serve all small volumes.</summary>
    public static CacheShape For(VolumeGeometry geometry, long bytes)
    {
        ulong blocks = Math.Min(
            (ulong)Math.Max(MinimumShardBlocks, bytes >> geometry.BlockBits), BitOperations.RoundUpToPowerOf2(geometry.BlocksCount));
        uint shards = 1;
        while (shards < MaximumShards && blocks / (shards * 2) >= MinimumShardBlocks)
        {
            shards *= 2;
        }

        return new(geometry.BlockSize, (int)shards, (int)Math.Min(blocks / shards, MaximumShardBlocks));
    }
}
