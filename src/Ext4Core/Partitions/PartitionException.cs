namespace Ext4Core.Partitions;

/// <summary>A partition cannot be found or believed, and the message says why.</summary>
public sealed class PartitionException : Exception
{
    internal PartitionException(string message)
        : base(message)
    {
    }
}
