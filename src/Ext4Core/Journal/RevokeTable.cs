using Ext4Core.Integrity;

namespace Ext4Core.Journal;

/// <summary>For each revoked block the last transaction that revoked it.</summary>
internal sealed class RevokeTable(int maximumBlocks)
{
    private readonly Dictionary<ulong, uint> _lastRevoked = [];

    /// <summary>Notes that a transaction revoked a block.</summary>
    public void Add(ulong block, uint sequence, in DiskLocation where)
    {
        if (!_lastRevoked.TryGetValue(block, out uint last))
        {
            if (_lastRevoked.Count == maximumBlocks)
            {
                Corrupt.Throw(CorruptionCode.JournalRevokesTooMany, where, (ulong)maximumBlocks + 1, (ulong)maximumBlocks);
            }

            _lastRevoked.Add(block, sequence);
        }
        else if (TransactionOrder.IsAfter(sequence, last))
        {
            _lastRevoked[block] = sequence;
        }
    }

    /// <summary>Whether the copy of a block in a transaction is void: it was revoked then or later.</summary>
    public bool IsRevoked(ulong block, uint sequence) =>
        _lastRevoked.TryGetValue(block, out uint last) && !TransactionOrder.IsAfter(sequence, last);
}

/// <summary>Transaction numbers count in a circle of 32 bits.</summary>
internal static class TransactionOrder
{
    public static bool IsAfter(uint left, uint right) => unchecked((int)(left - right)) > 0;

    public static bool IsAtOrAfter(uint left, uint right) => unchecked((int)(left - right)) >= 0;

    public static uint Next(uint sequence) => unchecked(sequence + 1);
}
