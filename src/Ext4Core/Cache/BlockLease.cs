using Ext4Core.Integrity;

namespace Ext4Core.Cache;

/// <summary>A borrowed block: its bytes stay put until the lease is disposed, exactly once.</summary>
internal readonly ref struct BlockLease
{
    private readonly BlockCache.Shard _shard;
    private readonly int _slot;

    internal BlockLease(BlockCache.Shard shard, int slot)
    {
        _shard = shard;
        _slot = slot;
    }

    /// <summary>The whole block.</summary>
    public ReadOnlySpan<byte> Bytes => _shard.Bytes(_slot);

    /// <summary>Whether the block was verified as this, in this stay.</summary>
    public bool IsVerified(ulong key) => _shard.IsVerified(_slot, key);

    /// <summary>Remembers that the block was verified, until it leaves the cache or is verified as something else.</summary>
    public void MarkVerified(ulong key) => _shard.MarkVerified(_slot, key);

    /// <summary>Gives the block back.</summary>
    public void Dispose() => _shard.Release(_slot);

    /// <summary>What a block was verified as: the structure, and the seed of its owner's checksums.</summary>
    public static ulong VerificationKey(StructureKind kind, uint seed) => ((ulong)(kind + 1) << 32) | seed;
}
