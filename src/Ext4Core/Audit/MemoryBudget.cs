namespace Ext4Core.Audit;

/// <summary>Memory that an audit may still take. What does not fit is not remembered, and its check is skipped.</summary>
internal sealed class MemoryBudget(long bytes)
{
    private long _left = bytes;

    /// <summary>Takes memory; false when there is not enough left.</summary>
    public bool TryTake(long wanted)
    {
        if (wanted > _left)
        {
            return false;
        }

        _left -= wanted;
        return true;
    }

    public void GiveBack(long taken) => _left += taken;
}
