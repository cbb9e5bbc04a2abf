using Ext4Core.Geometry;
using Ext4Core.Integrity;

namespace Ext4Core.Cache;

/// <summary>What one worker needs to serve one request at a time: a work budget and scratch memory.</summary>
/// <remarks>Not thread-safe: each worker has its own. Its memory is taken once, when it is made.</remarks>
public sealed class Workspace
{
    private readonly int _blocksPerRequest;
    private readonly byte[] _scratch;
    private int _blocksLeft;

    internal Workspace(VolumeGeometry geometry, int blocksPerRequest)
    {
        _blocksPerRequest = blocksPerRequest;
        _scratch = GC.AllocateUninitializedArray<byte>(geometry.BlockSize, pinned: true);
    }

    /// <summary>One block of memory that belongs to the function that is running.</summary>
    internal Span<byte> Scratch => _scratch;

    /// <summary>Visits to metadata blocks that the request has paid for so far.</summary>
    internal int BlocksSpent => _blocksPerRequest - _blocksLeft;

    /// <summary>Starts a request: the budget is full again.</summary>
    internal void Begin() => _blocksLeft = _blocksPerRequest;

    /// <summary>Pays for visits to metadata blocks; the last one too many is a damage report.</summary>
    internal void Charge(int blocks, in DiskLocation where)
    {
        if (blocks > _blocksLeft)
        {
            Corrupt.Throw(CorruptionCode.WorkBudgetExceeded, where, (ulong)_blocksPerRequest + 1, (ulong)_blocksPerRequest);
        }

        _blocksLeft -= blocks;
    }
}
