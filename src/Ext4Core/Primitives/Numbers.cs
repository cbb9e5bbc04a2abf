namespace Ext4Core.Primitives;

/// <summary>A block as the image claims it: no arithmetic, no index, no I/O.</summary>
public readonly record struct ClaimedBlock(ulong Value);

/// <summary>An inode number as the image, or the kernel's request, claims it.</summary>
public readonly record struct ClaimedInode(ulong Value);

/// <summary>A block proven to be on this volume. <c>default</c> is <see cref="None"/>, a hole.</summary>
public readonly record struct BlockNumber
{
    internal BlockNumber(ulong value) => Value = value;

    /// <summary>No block.</summary>
    public static BlockNumber None => default;

    /// <summary>The block's index from the start of the volume, in blocks.</summary>
    public ulong Value { get; }
}

/// <summary>A run of blocks, all proven to be on this volume.</summary>
public readonly record struct BlockRange
{
    internal BlockRange(BlockNumber first, uint count)
    {
        First = first;
        Count = count;
    }

    /// <summary>The first block of the run.</summary>
    public BlockNumber First { get; }

    /// <summary>The length of the run in blocks.</summary>
    public uint Count { get; }

    /// <summary>The block <paramref name="index"/> blocks into the run.</summary>
    internal BlockNumber this[uint index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new(First.Value + index);
        }
    }
}

/// <summary>A block of a file, counted from the file's start: it addresses nothing by itself.</summary>
public readonly record struct FileBlock(uint Value);

/// <summary>An inode proven to be within this volume's tables.</summary>
public readonly record struct InodeNumber
{
    internal InodeNumber(uint value) => Value = value;

    /// <summary>The root directory's number on every volume.</summary>
    public static InodeNumber Root => new(2);

    /// <summary>The number, from 1.</summary>
    public uint Value { get; }
}

/// <summary>A block group proven to exist on this volume.</summary>
public readonly record struct GroupNumber
{
    internal GroupNumber(uint value) => Value = value;

    /// <summary>The group's index from 0.</summary>
    public uint Value { get; }
}

/// <summary>A place on the device that follows from proven numbers. Unit: bytes from the volume's start.</summary>
public readonly record struct DeviceOffset
{
    internal DeviceOffset(long value) => Value = value;

    /// <summary>Bytes from the start of the volume.</summary>
    public long Value { get; }

    /// <summary>A place <paramref name="bytes"/> further on.</summary>
    internal DeviceOffset Plus(long bytes) => new(Value + bytes);
}
