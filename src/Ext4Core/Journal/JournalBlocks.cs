using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>Where the blocks of the journal lie: a file's runs, or one stretch of a device of its own.</summary>
internal sealed class JournalBlocks
{
    private readonly List<Run> _runs = [];
    private readonly int _maximumRuns;
    private readonly uint _inode;

    /// <summary>Starts with no run: the owner adds what it has mapped.</summary>
    /// <param name="device">The device that holds the journal.</param>
    /// <param name="blockBits">Logarithm of the block size.</param>
    /// <param name="length">Blocks that the file or the device says that the journal has.</param>
    /// <param name="maximumRuns">Pieces that the journal may lie in.</param>
    /// <param name="inode">The journal's inode; 0 on a device of its own.</param>
    public JournalBlocks(IBlockDevice device, int blockBits, uint length, int maximumRuns, uint inode = 0)
    {
        Device = device;
        BlockBits = blockBits;
        Length = length;
        _maximumRuns = maximumRuns;
        _inode = inode;
    }

    public IBlockDevice Device { get; }

    public int BlockBits { get; }

    public int BlockSize => 1 << BlockBits;

    public uint Length { get; }

    /// <summary>Says where the next blocks of the journal lie; runs come in ascending order, with gaps where holes are.</summary>
    public void Add(uint first, DeviceOffset place, uint count)
    {
        if (_runs.Count == _maximumRuns)
        {
            Corrupt.Throw(CorruptionCode.JournalFragmented, Where(StructureKind.Inode, 0), (ulong)_runs.Count + 1, (ulong)_maximumRuns);
        }

        _runs.Add(new(first, count, place.Value));
    }

    /// <summary>Fills <paramref name="buffer"/> with one block of the journal.</summary>
    public void Read(uint index, Span<byte> buffer) => Device.Read(Locate(index), buffer[..BlockSize]);

    /// <summary>Where a block of the journal starts on <see cref="Device"/>.</summary>
    public DeviceOffset Locate(uint index)
    {
        if (!TryLocate(index, out DeviceOffset place))
        {
            Corrupt.Throw(CorruptionCode.JournalBlockMissing, Where(StructureKind.JournalBlock, index), index, Length);
        }

        return place;
    }

    /// <summary>Names a block of the journal in a report: by its place where it has one, else by its index.</summary>
    public DiskLocation Where(StructureKind structure, uint index) =>
        new(structure, TryLocate(index, out DeviceOffset place) ? (ulong)place.Value >> BlockBits : index, 0, _inode);

    private bool TryLocate(uint index, out DeviceOffset place)
    {
        int low = 0;
        int high = _runs.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            Run run = _runs[middle];
            if (index < run.First)
            {
                high = middle - 1;
            }
            else if (index - run.First >= run.Count)
            {
                low = middle + 1;
            }
            else
            {
                place = new(run.Place + ((long)(index - run.First) << BlockBits));
                return true;
            }
        }

        place = default;
        return false;
    }

    private readonly record struct Run(uint First, uint Count, long Place);
}
