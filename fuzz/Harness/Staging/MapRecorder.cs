using Ext4Core.Extents;
using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Remembers what a walk over a file's map showed: the first runs, and the first damage.</summary>
internal sealed class MapRecorder : IMapVisitor
{
    private const int Capacity = 64;

    private readonly RecordedRun[] _runs = new RecordedRun[Capacity];
    private readonly bool[] _entered = new bool[StagedVolume.FirstPlace + StagedVolume.PlaceCount];
    private int _runCount;

    /// <summary>The first runs.</summary>
    public ReadOnlySpan<RecordedRun> Runs => _runs.AsSpan(0, _runCount);

    /// <summary>A hash of all that was shown.</summary>
    public Digest Digest { get; private set; }

    /// <summary>Nodes that were shown, those that came again too.</summary>
    public int NodeCount { get; private set; }

    /// <summary>A node came a second time, and nobody looked below it again.</summary>
    public bool SawNodeTwice { get; private set; }

    /// <summary>The first damage; null for none.</summary>
    public CorruptionException? FirstDamage { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Begin()
    {
        _runCount = 0;
        Digest = default;
        NodeCount = 0;
        SawNodeTwice = false;
        FirstDamage = null;
        _entered.AsSpan().Clear();
    }

    /// <inheritdoc/>
    public bool EnterNode(BlockNumber block, in DiskLocation where)
    {
        NodeCount++;
        Digest = Digest.Add(block.Value);
        if (block.Value >= (ulong)_entered.Length)
        {
            return true;
        }

        bool isNew = !_entered[block.Value];
        _entered[block.Value] = true;
        SawNodeTwice |= !isNew;
        return isNew;
    }

    /// <inheritdoc/>
    public void VisitRun(FileBlock first, BlockRange blocks, bool isUnwritten, in DiskLocation where)
    {
        Digest = Digest.Add(first.Value).Add(blocks.First.Value).Add(blocks.Count).Add(isUnwritten ? 1ul : 0);
        if (_runCount < Capacity)
        {
            _runs[_runCount++] = new(first.Value, blocks.First.Value, blocks.Count, isUnwritten);
        }
    }

    /// <inheritdoc/>
    public void ReportDamage(CorruptionException damage)
    {
        FirstDamage ??= damage;
        Digest = Digest.Add((ulong)damage.Code).Add(damage.Where);
    }
}

/// <summary>A run that a walk showed.</summary>
/// <param name="First">Its first file block.</param>
/// <param name="Block">Where that lies on the volume.</param>
/// <param name="Count">Blocks in it.</param>
/// <param name="IsUnwritten">It reads as zeros.</param>
internal readonly record struct RecordedRun(uint First, ulong Block, uint Count, bool IsUnwritten);
