using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>A device in memory over an image that many inputs share: any size, copy on write, reset in as many steps as pages
/// were touched. Counts reads, and fails where the plan says so.</summary>
/// <remarks>Used by one thread at a time. Disposing it does nothing: it is used again.</remarks>
public sealed class SparseDevice : IBlockDevice
{
    /// <summary>Largest volume: what 32-bit block numbers and blocks of 4 KiB reach.</summary>
    public const long MaximumLength = 16L << 40;

    private const int MaximumUnreadable = 16;
    private const long Never = long.MaxValue;

    private readonly PageTable _touched = new();
    private readonly long[] _unreadable = new long[MaximumUnreadable];
    private int _unreadableCount;
    private long _failsAt = Never;
    private long _failsFrom = Never;
    private bool _isWriting;

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public bool IsReadOnly => !_isWriting;

    /// <summary>What lies below what was written.</summary>
    public SparseImage Image { get; private set; } = SparseImage.Empty;

    /// <summary>Reads since the last reset.</summary>
    public long Reads { get; private set; }

    /// <summary>Reads that are allowed: the next one is a finding.</summary>
    public long ReadBudget { get; set; } = long.MaxValue;

    /// <summary>Whether any fault was planned.</summary>
    public bool HasFaults => _unreadableCount > 0 || _failsAt != Never || _failsFrom != Never;

    /// <summary>Whether a read failed for its number. How often a cache reads is its own business, and checked builds read more
    /// often than others: what comes of such a fault need not be the same tomorrow.</summary>
    public bool HasMetCountedFault { get; private set; }

    /// <summary>Pages that were written since the last reset.</summary>
    internal PageTable Touched => _touched;

    /// <summary>Starts anew over an image: no page touched, no fault, no read counted.</summary>
    public void Reset(SparseImage image, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaximumLength);
        Image = image;
        Length = length;
        _touched.Clear();
        _unreadableCount = 0;
        _failsAt = Never;
        _failsFrom = Never;
        HasMetCountedFault = false;
        Reads = 0;
    }

    /// <summary>Plans that every read of a page fails; those beyond the sixteenth are not planned.</summary>
    public void FailPage(long page)
    {
        if (_unreadableCount < MaximumUnreadable)
        {
            _unreadable[_unreadableCount++] = page;
        }
    }

    /// <summary>Plans that one read fails.</summary>
    /// <param name="read">Which one, from 0.</param>
    public void FailOnce(long read) => _failsAt = read;

    /// <summary>Plans that reads fail from one on.</summary>
    /// <param name="read">The first, from 0.</param>
    public void FailFrom(long read) => _failsFrom = read;

    /// <inheritdoc/>
    public void Read(DeviceOffset from, Span<byte> buffer)
    {
        CheckInside("read", from.Value, buffer.Length);
        long read = Reads++;
        if (read >= ReadBudget)
        {
            throw new FindingException(FindingKind.Work, $"more than {ReadBudget} reads of the device");
        }

        if (HasFaults && IsFaulty(read, from.Value, buffer.Length))
        {
            throw new DeviceException("read", from.Value, buffer.Length);
        }

        Peek(from.Value, buffer);
    }

    /// <summary>Reads without being counted and without faults, zeros behind the end.</summary>
    public void Peek(long from, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int within = (int)(from & (SparseImage.PageSize - 1));
            int count = Math.Min(SparseImage.PageSize - within, buffer.Length);
            ReadOnlySpan<byte> page = _touched.Find(from >> SparseImage.PageBits);
            if (page.IsEmpty)
            {
                page = Image[from >> SparseImage.PageBits];
            }

            if (page.IsEmpty)
            {
                buffer[..count].Clear();
            }
            else
            {
                page.Slice(within, count).CopyTo(buffer);
            }

            from += count;
            buffer = buffer[count..];
        }
    }

    /// <summary>Writes without being counted; what lies behind the end is dropped.</summary>
    public void Poke(long to, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && to < Length)
        {
            Span<byte> target = PageForWriting(to, out int within);
            int count = Math.Min(target.Length - within, bytes.Length);
            bytes[..count].CopyTo(target[within..]);
            to += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Writes one value over a range, without being counted; what lies behind the end is dropped.</summary>
    public void Fill(long to, long length, byte value)
    {
        while (length > 0 && to < Length)
        {
            Span<byte> target = PageForWriting(to, out int within);
            int count = (int)Math.Min(target.Length - within, length);
            target.Slice(within, count).Fill(value);
            to += count;
            length -= count;
        }
    }

    /// <summary>Lets the volume write: for operations that change it.</summary>
    public void AllowWriting(bool isAllowed) => _isWriting = isAllowed;

    /// <inheritdoc/>
    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes)
    {
        CheckWritable("write", to.Value, bytes.Length);
        Poke(to.Value, bytes);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        // Memory is as durable as it gets.
    }

    /// <inheritdoc/>
    public void Discard(DeviceOffset from, long length)
    {
        CheckWritable("discard", from.Value, length);
        Fill(from.Value, length, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The next input uses it again.
    }

    private Span<byte> PageForWriting(long to, out int within)
    {
        long page = to >> SparseImage.PageBits;
        within = (int)(to & (SparseImage.PageSize - 1));
        Span<byte> target = _touched.Find(page);
        if (!target.IsEmpty)
        {
            return target;
        }

        target = _touched.Add(page);
        ReadOnlySpan<byte> below = Image[page];
        if (below.IsEmpty)
        {
            target.Clear();
        }
        else
        {
            below.CopyTo(target);
        }

        return target;
    }

    private bool IsFaulty(long read, long from, int length)
    {
        if (read == _failsAt || read >= _failsFrom)
        {
            HasMetCountedFault = true;
            return true;
        }

        long first = from >> SparseImage.PageBits;
        long last = (from + length - 1) >> SparseImage.PageBits;
        foreach (long page in _unreadable.AsSpan(0, _unreadableCount))
        {
            if (page >= first && page <= last)
            {
                return true;
            }
        }

        return false;
    }

    private void CheckInside(string operation, long at, long length)
    {
        if (at > Length || length > Length - at)
        {
            throw new DeviceException(operation, at, length);
        }
    }

    private void CheckWritable(string operation, long at, long length)
    {
        CheckInside(operation, at, length);
        if (IsReadOnly)
        {
            throw new DeviceException(operation, at, length, new InvalidOperationException("the device is read-only"));
        }
    }
}
