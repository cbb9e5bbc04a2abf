using Ext4Core.Geometry;
using Ext4Core.Integrity;

namespace Ext4Core.Cache;

/// <summary>What one worker needs to serve one request at a time: a work budget and scratch memory.</summary>
/// <remarks>Not thread-safe: each worker has its own. Its memory is taken once, when it is made.</remarks>
public sealed class Workspace
{
    /// <summary>Blocks of a file that one visit to its map tells of, at least, where it is looked through from end to end: a
    /// block of pointers holds 256 or more, and is reached by three visits.</summary>
    private const int BlocksForVisit = 64;

    /// <summary>A file of more blocks costs no more: a tree of indirect blocks ends here, unless its blocks are so large that
    /// each tells of sixteen times as many.</summary>
    private const ulong MostBlocks = 1ul << 28;

    private readonly int _blocksPerRequest;
    private readonly int _blocksPerLongRequest;
    private readonly byte[] _scratch;
    private int _limit;
    private int _blocksLeft;

    internal Workspace(VolumeGeometry geometry, int blocksPerRequest, VolumeMemory memory)
    {
        _blocksPerRequest = blocksPerRequest;
        long more = (long)(Math.Min(geometry.BlocksCount, MostBlocks) / BlocksForVisit);
        _blocksPerLongRequest = (int)Math.Min(blocksPerRequest + more, int.MaxValue);
        _scratch = memory.TakeScratch(geometry.BlockSize);
    }

    /// <summary>One block of memory that belongs to the function that is running.</summary>
    internal Span<byte> Scratch => _scratch;

    /// <summary>Visits to metadata blocks that the request has paid for so far.</summary>
    internal int BlocksSpent => _blocksPerRequest - _blocksLeft;

    /// <summary>Starts a request: the budget is full again.</summary>
    internal void Begin() => _blocksLeft = _limit = _blocksPerRequest;

    /// <summary>Lets the request that was begun look through a whole file: the budget grows with the volume, whose blocks a
    /// healthy file cannot exceed.</summary>
    internal void BeginLong() => _blocksLeft = _limit = _blocksPerLongRequest;

    /// <summary>Pays for visits to metadata blocks; the last one too many is a damage report.</summary>
    internal void Charge(int blocks, in DiskLocation where)
    {
        if (blocks > _blocksLeft)
        {
            Corrupt.Throw(CorruptionCode.WorkBudgetExceeded, where, (ulong)_limit + 1, (ulong)_limit);
        }

        _blocksLeft -= blocks;
    }
}
