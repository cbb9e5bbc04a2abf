using Ext4Core.Extents;
using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Walks one inode's map: claims its blocks, counts them, and remembers how far they reach.</summary>
internal sealed class MapCounter(AuditContext context) : IMapVisitor
{
    /// <summary>Nodes of one map that are looked at where nobody remembers which ones were seen before.</summary>
    private const long UnrememberedNodes = 1L << 22;

    private ulong _lastCluster;
    private uint _owner;
    private long _nodesLeft;

    /// <summary>Clusters that the inode owns, its map included.</summary>
    public ulong Clusters { get; private set; }

    /// <summary>One more than the last file block; 0 for an empty map.</summary>
    public ulong End { get; private set; }

    /// <summary>One more than the last file block that was ever written.</summary>
    public ulong WrittenEnd { get; private set; }

    /// <summary>Whether the whole map could be walked.</summary>
    public bool IsWhole { get; private set; }

    public void Begin(uint owner)
    {
        _owner = owner;
        _lastCluster = ulong.MaxValue;
        _nodesLeft = UnrememberedNodes;
        Clusters = 0;
        End = 0;
        WrittenEnd = 0;
        IsWhole = true;
    }

    /// <inheritdoc/>
    public bool EnterNode(BlockNumber block, in DiskLocation where)
    {
        context.Workspace.Begin();
        ulong dataCluster = _lastCluster;
        _lastCluster = ulong.MaxValue;
        bool isNew = Claim(block, where, out CorruptionException? damage);
        _lastCluster = dataCluster;
        if (damage is not null)
        {
            context.Findings.Add(damage);
        }

        bool isRemembered = context.Owners is { IsComplete: true };
        _nodesLeft -= isRemembered ? 0 : 1;
        IsWhole &= isNew && _nodesLeft > 0;
        return isNew && _nodesLeft > 0;
    }

    /// <inheritdoc/>
    public void VisitRun(FileBlock first, BlockRange blocks, bool isUnwritten, in DiskLocation where)
    {
        context.Workspace.Begin();
        CorruptionException? run = null;
        for (uint index = 0; index < blocks.Count; index++)
        {
            if (!Claim(blocks[index], where, out CorruptionException? damage) && damage is not null)
            {
                run = run is null ? damage : new(run.Code, run.Where, run.Found, blocks[index].Value);
            }
            else if (run is not null)
            {
                context.Findings.Add(run);
                run = null;
            }
        }

        if (run is not null)
        {
            context.Findings.Add(run);
        }

        End = Math.Max(End, (ulong)first.Value + blocks.Count);
        WrittenEnd = isUnwritten ? WrittenEnd : Math.Max(WrittenEnd, (ulong)first.Value + blocks.Count);
    }

    /// <inheritdoc/>
    public void ReportDamage(CorruptionException damage)
    {
        context.Findings.Add(damage);
        context.Findings.MissOwner();
        IsWhole = false;
    }

    /// <summary>Takes a block's cluster for the inode. Blocks of one cluster follow each other in a file.</summary>
    public bool Claim(BlockNumber block, in DiskLocation where, out CorruptionException? damage)
    {
        damage = null;
        ulong cluster = (block.Value - Math.Min(block.Value, context.Geometry.FirstDataBlock)) >> context.Geometry.ClusterBits;
        if (cluster == _lastCluster)
        {
            return true;
        }

        _lastCluster = cluster;
        Clusters++;
        if (context.Owners is null || context.Owners.Claim(block) || context.SharesBlocks)
        {
            return true;
        }

        damage = new(CorruptionCode.BlockClaimedTwice, where with { Inode = _owner }, block.Value, block.Value);
        return false;
    }
}
