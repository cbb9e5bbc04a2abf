using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>A device whose first blocks are in memory, while all others read as zeros.</summary>
/// <remarks>What an input changes is put back block by block, so that starting over costs no more than the changes did.</remarks>
internal sealed class StagedDevice : IBlockDevice
{
    private readonly byte[] _bytes;
    private readonly byte[] _origin;
    private readonly int[] _changed;
    private readonly bool[] _isChanged;
    private int _changedCount;

    /// <param name="blockSize">Bytes in a block.</param>
    /// <param name="storedBlocks">Blocks that can be changed.</param>
    /// <param name="blocks">Blocks on the device.</param>
    public StagedDevice(int blockSize, int storedBlocks, long blocks)
    {
        BlockSize = blockSize;
        Length = blocks * blockSize;
        _bytes = new byte[storedBlocks * blockSize];
        _origin = new byte[_bytes.Length];
        _changed = new int[storedBlocks];
        _isChanged = new bool[storedBlocks];
    }

    public int BlockSize { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <summary>Reads since the last time that the device started over.</summary>
    public int ReadCount { get; private set; }

    /// <summary>A block that is there to be changed until <see cref="Reset"/>.</summary>
    public Span<byte> Edit(int block)
    {
        if (!_isChanged[block])
        {
            _isChanged[block] = true;
            _changed[_changedCount++] = block;
        }

        return Block(_bytes, block);
    }

    /// <summary>Makes what the device holds now its origin.</summary>
    public void Keep()
    {
        _bytes.CopyTo(_origin, 0);
        Reset();
    }

    /// <summary>Puts the origin back.</summary>
    public void Reset()
    {
        foreach (int block in _changed.AsSpan(0, _changedCount))
        {
            Block(_origin, block).CopyTo(Block(_bytes, block));
            _isChanged[block] = false;
        }

        _changedCount = 0;
        ReadCount = 0;
    }

    /// <inheritdoc/>
    public void Read(DeviceOffset from, Span<byte> buffer)
    {
        ReadCount++;
        if (from.Value > Length || buffer.Length > Length - from.Value)
        {
            throw new DeviceException("read", from.Value, buffer.Length);
        }

        int stored = (int)Math.Clamp(_bytes.Length - from.Value, 0, buffer.Length);
        if (stored > 0)
        {
            _bytes.AsSpan((int)from.Value, stored).CopyTo(buffer);
        }

        buffer[stored..].Clear();
    }

    /// <inheritdoc/>
    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes) => throw new DeviceException("write", to.Value, bytes.Length);

    /// <inheritdoc/>
    public void Flush()
    {
        // Nothing is ever written.
    }

    /// <inheritdoc/>
    public void Discard(DeviceOffset from, long length) => throw new DeviceException("discard", from.Value, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Memory alone: the collector has it.
    }

    private Span<byte> Block(byte[] bytes, int block) => bytes.AsSpan(block * BlockSize, BlockSize);
}
