using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace TestSupport;

/// <summary>A disk in memory: sparse up to 16 TiB and beyond, copy-on-write over a base, with a record of what was asked of
/// it and with faults where a test wants them.</summary>
/// <remarks>Reads and writes allocate nothing but the pages that are first written, unless <see cref="Record"/> was called.</remarks>
public sealed class SimulatedDisk : IBlockDevice
{
    /// <summary>Bytes that are stored together; at least as large as the largest block.</summary>
    public const int PageSize = 1 << 16;

    private readonly ConcurrentDictionary<long, byte[]> _pages = new();
    private readonly SimulatedDisk? _base;
    private readonly List<DiskEvent> _events = [];
    private readonly Lock _eventsGate = new();
    private bool _records;
    private int _reads;
    private int _writes;
    private int _flushes;
    private int _discards;
    private long _bytesRead;

    /// <summary>An empty disk: every byte is zero and costs nothing.</summary>
    public SimulatedDisk(long length, bool isReadOnly = false)
    {
        Length = length;
        IsReadOnly = isReadOnly;
    }

    /// <summary>A disk that reads as <paramref name="origin"/> does until it is written; the origin must not change any more.</summary>
    public SimulatedDisk(SimulatedDisk origin)
        : this(origin.Length) => _base = origin;

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <summary>What happens before each transfer; it may wait, or fail the transfer with a <see cref="DeviceException"/>.</summary>
    public Action<DiskTransfer>? Before { get; set; }

    public int ReadCount => _reads;

    public int WriteCount => _writes;

    public int FlushCount => _flushes;

    public int DiscardCount => _discards;

    public long BytesRead => _bytesRead;

    /// <summary>Pages that hold bytes of their own.</summary>
    public int PageCount => _pages.Count;

    /// <summary>Whether the volume above has let go of the disk.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>What was asked since <see cref="Record"/>, in order.</summary>
    public IReadOnlyList<DiskEvent> Events => _events;

    /// <summary>A disk with these bytes.</summary>
    public static SimulatedDisk Of(ReadOnlySpan<byte> bytes)
    {
        SimulatedDisk disk = new(bytes.Length);
        disk.Put(0, bytes);
        return disk;
    }

    /// <summary>Starts to remember every transfer, with the bytes of writes.</summary>
    public void Record() => _records = true;

    /// <summary>Forgets counts and events.</summary>
    public void ResetCounts()
    {
        _reads = _writes = _flushes = _discards = 0;
        _bytesRead = 0;
        _events.Clear();
    }

    /// <summary>Fails every transfer of one kind that touches a range of bytes.</summary>
    public void Fail(DiskOperation operation, long offset, long length) => Before += transfer =>
    {
        if (transfer.Operation == operation && transfer.Offset < offset + length && offset < transfer.Offset + transfer.Length)
        {
            throw new DeviceException(NameOf(operation), transfer.Offset, transfer.Length, new IOException("simulated fault"));
        }
    };

    /// <summary>The test's own pen: a range within one page, uncounted and unrecorded.</summary>
    public Span<byte> Edit(long offset, int length)
    {
        byte[] page = Own(offset / PageSize);
        return page.AsSpan((int)(offset % PageSize), length);
    }

    /// <summary>Writes any range, uncounted and unrecorded.</summary>
    public void Put(long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, PageSize - (int)(offset % PageSize));
            bytes[..count].CopyTo(Edit(offset, count));
            offset += count;
            bytes = bytes[count..];
        }
    }

    /// <inheritdoc/>
    public void Read(DeviceOffset from, Span<byte> buffer)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Add(ref _bytesRead, buffer.Length);
        Begin(DiskOperation.Read, from, buffer.Length, default);
        Peek(from.Value, buffer);
    }

    /// <summary>Reads any range, uncounted and unrecorded.</summary>
    public void Peek(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int skip = (int)(offset % PageSize);
            int count = Math.Min(buffer.Length, PageSize - skip);
            if (TryFind(offset / PageSize, out byte[]? page))
            {
                page.AsSpan(skip, count).CopyTo(buffer);
            }
            else
            {
                buffer[..count].Clear();
            }

            offset += count;
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes)
    {
        Interlocked.Increment(ref _writes);
        RefuseIfReadOnly(DiskOperation.Write, to, bytes.Length);
        Begin(DiskOperation.Write, to, bytes.Length, bytes);
        Put(to.Value, bytes);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        Interlocked.Increment(ref _flushes);
        Begin(DiskOperation.Flush, default, 0, default);
    }

    /// <inheritdoc/>
    /// <remarks>What is discarded reads as 0xDD from then on: nobody may count on zeros.</remarks>
    public void Discard(DeviceOffset from, long length)
    {
        Interlocked.Increment(ref _discards);
        RefuseIfReadOnly(DiskOperation.Discard, from, length);
        Begin(DiskOperation.Discard, from, length, default);
        for (long offset = from.Value, end = from.Value + length; offset < end;)
        {
            int count = (int)Math.Min(end - offset, PageSize - (offset % PageSize));
            Edit(offset, count).Fill(0xDD);
            offset += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => IsDisposed = true;

    /// <summary>The whole disk as one array; for small disks.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Length];
        Peek(0, bytes);
        return bytes;
    }

    /// <summary>Writes the disk to a sparse file.</summary>
    public void SaveTo(string path)
    {
        using FileStream file = File.Create(path);
        file.SetLength(Length);
        for (SimulatedDisk? layer = this; layer is not null; layer = layer._base)
        {
            foreach (long index in layer._pages.Keys)
            {
                if (TryFind(index, out byte[]? page))
                {
                    file.Position = index * PageSize;
                    file.Write(page.AsSpan(0, (int)Math.Min(PageSize, Length - file.Position)));
                }
            }
        }
    }

    private static string NameOf(DiskOperation operation) => operation switch
    {
        DiskOperation.Read => "read",
        DiskOperation.Write => "write",
        DiskOperation.Flush => "flush",
        _ => "discard",
    };

    private void Begin(DiskOperation operation, DeviceOffset at, long length, ReadOnlySpan<byte> bytes)
    {
        if (at.Value > Length || length > Length - at.Value)
        {
            throw new DeviceException(NameOf(operation), at.Value, length);
        }

        Before?.Invoke(new(operation, at.Value, length));
        if (_records)
        {
            lock (_eventsGate)
            {
                _events.Add(new(operation, at.Value, length, bytes.ToArray()));
            }
        }
    }

    private void RefuseIfReadOnly(DiskOperation operation, DeviceOffset at, long length)
    {
        if (IsReadOnly)
        {
            throw new DeviceException(
                NameOf(operation), at.Value, length, new InvalidOperationException("the device is read-only"));
        }
    }

    private bool TryFind(long index, [NotNullWhen(true)] out byte[]? page)
    {
        for (SimulatedDisk? layer = this; layer is not null; layer = layer._base)
        {
            if (layer._pages.TryGetValue(index, out page))
            {
                return true;
            }
        }

        page = null;
        return false;
    }

    private byte[] Own(long index)
    {
        if (_pages.TryGetValue(index, out byte[]? own))
        {
            return own;
        }

        byte[] page = new byte[PageSize];
        if (_base is not null && _base.TryFind(index, out byte[]? origin))
        {
            origin.CopyTo(page, 0);
        }

        return _pages.GetOrAdd(index, page);
    }
}

/// <summary>What a disk can be asked for.</summary>
public enum DiskOperation
{
    Read,
    Write,
    Flush,
    Discard,
}

/// <summary>A transfer that is about to happen.</summary>
public readonly record struct DiskTransfer(DiskOperation Operation, long Offset, long Length);

/// <summary>A transfer that happened; <paramref name="Bytes"/> are those of a write.</summary>
public sealed record DiskEvent(DiskOperation Operation, long Offset, long Length, ReadOnlyMemory<byte> Bytes);
