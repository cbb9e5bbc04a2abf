using Ext4Core;
using Ext4Core.Cache;
using Ext4Safety.Fuzz.Resealing;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>Turns an input into a device: applies the edits, plans the faults.</summary>
/// <remarks>Allocates nothing once the device has grown to what inputs need.</remarks>
internal sealed class VolumeBuilder
{
    /// <summary>Bytes that all fills and copies of one input may cover.</summary>
    public const long CopyBudget = 1 << 20;

    private readonly byte[] _buffer = new byte[SparseImage.PageSize];

    private readonly Resealer _resealer;

    public VolumeBuilder() => _resealer = new(Device);

    /// <summary>The device, as the last input left it.</summary>
    public SparseDevice Device { get; } = new();

    /// <summary>Where the superblock is read. Unit: KiB.</summary>
    public long SuperblockAt { get; private set; }

    /// <summary>Makes the device be what an input says.</summary>
    public void Build(in VolumeInput input)
    {
        Device.Reset(input.Base.Image, LengthOf(input));
        SuperblockAt = 1;
        long left = CopyBudget;
        RecordReader records = input.Records;
        while (records.MoveNext())
        {
            if (records.Kind.IsEdit())
            {
                Apply(records, ref left);
            }
            else if (records.Kind.IsFault())
            {
                Plan(records);
            }
            else if (records.Kind == RecordKind.SuperblockAt)
            {
                SuperblockAt = (long)Math.Min(records[0], (ulong)SparseDevice.MaximumLength >> SparseImage.PageBits);
            }
        }

        if ((input.Flags & InputFlags.Sealed) == InputFlags.Sealed && Device.Touched.Count > 0 && input.Base.Survey is { } survey)
        {
            _resealer.Seal(input, survey);
        }
    }

    /// <summary>How an input wants its volume mounted.</summary>
    public VolumeOptions OptionsFor(InputFlags flags, VolumeLimits limits, long cacheBytes, VolumeMemory? memory = null) => new()
    {
        SkipJournal = flags.HasFlag(InputFlags.SkipJournal),
        SkipFastCommits = flags.HasFlag(InputFlags.SkipFastCommits),
        CountsMetadataAsUsable = flags.HasFlag(InputFlags.CountMetadata),
        SuperblockLocation = SuperblockAt,
        CacheBytes = cacheBytes,
        Limits = limits,
        Memory = memory,
    };

    private static long LengthOf(in VolumeInput input)
    {
        long length = input.Base.Image.Length;
        RecordReader records = input.Records;
        while (records.MoveNext())
        {
            if (records.Kind == RecordKind.Length)
            {
                length = (long)Math.Min(records[0], (ulong)SparseDevice.MaximumLength);
            }
        }

        return length;
    }

    private void Plan(in RecordReader record)
    {
        long number = (long)Math.Min(record[0], long.MaxValue - 1);
        switch (record.Kind)
        {
            case RecordKind.FailPage:
                Device.FailPage(number);
                break;
            case RecordKind.FailOnce:
                Device.FailOnce(number);
                break;
            case RecordKind.FailFrom:
                Device.FailFrom(number);
                break;
        }
    }

    private void Apply(in RecordReader record, ref long left)
    {
        switch (record.Kind)
        {
            case RecordKind.Edit:
                Device.Poke(Place(record[0]), record.Bytes);
                break;
            case RecordKind.Fill:
                Device.Fill(Place(record[0]), Spend(record[1], ref left), unchecked((byte)record[2]));
                break;
            case RecordKind.Copy:
                Copy(null, Place(record[0]), Place(record[1]), Spend(record[2], ref left));
                break;
            case RecordKind.Borrow:
                SparseImage image = BaseVolumes.Find(unchecked((byte)record[0]))?.Image ?? SparseImage.Empty;
                Copy(image, Place(record[1]), Place(record[2]), Spend(record[3], ref left));
                break;
        }
    }

    private void Copy(SparseImage? image, long from, long to, long length)
    {
        while (length > 0 && to < Device.Length)
        {
            Span<byte> part = _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, length));
            if (image is null)
            {
                Device.Peek(from, part);
            }
            else
            {
                image.CopyTo(from, part);
            }

            Device.Poke(to, part);
            from += part.Length;
            to += part.Length;
            length -= part.Length;
        }
    }

    private static long Place(ulong offset) => (long)Math.Min(offset, (ulong)SparseDevice.MaximumLength);

    private static long Spend(ulong length, ref long left)
    {
        long spent = (long)Math.Min(length, (ulong)left);
        left -= spent;
        return spent;
    }
}
