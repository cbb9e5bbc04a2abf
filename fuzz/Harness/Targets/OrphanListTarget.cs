using Ext4Core.Audit;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The list of orphaned inodes: each names the next in the place of its time of deletion.</summary>
/// <remarks>Input: options, the first inode, then pairs of an inode (one byte) and its next.</remarks>
internal sealed class OrphanListTarget : StagedTarget
{
    private readonly uint[] _next = new uint[StagedVolume.InodesCount + 1];

    /// <inheritdoc/>
    public override string Name => "orphan-list";

    /// <inheritdoc/>
    public override string Description => "the list of orphaned inodes, its end and its circles";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return new InputWriter(InputOptions.Of()).U32(0).Named("empty-list");
            yield return Of(InputOptions.Of(), (12, 13), (13, 128)).Named("three-orphans");
            yield return Of(InputOptions.Of(hasChecksums: false), (12, 13), (13, 128)).Named("three-orphans-without-checksums");
            yield return Of(InputOptions.Of(), (12, 13), (13, 12)).Named("circle-of-two");
            yield return Of(InputOptions.Of(), (12, 12)).Named("its-own-next");
            yield return Of(InputOptions.Of(), (12, 129)).Named("one-inode-too-far");
            yield return Of(InputOptions.Of(), (12, 10)).Named("reserved-inode");
            yield return Of(InputOptions.Of(sealsChecksums: false), (12, 13)).Named("checksum-missing");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => [new("last_inode", [128, 0, 0, 0]), new("next", [12, 13, 0, 0, 0])];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        uint head = reader.U32();
        _next.AsSpan().Clear();
        while (!reader.IsEmpty)
        {
            uint number = 1 + (uint)((reader.U8() - 1 + StagedVolume.InodesCount) % StagedVolume.InodesCount);
            _next[number] = reader.U32();
            Le.PutU32(volume.EditInode(number), InodeView.IDtime, _next[number]);
        }

        for (uint number = 1; number <= StagedVolume.InodesCount && options is { SealsChecksums: true, HasChecksums: true }; number++)
        {
            volume.SealInode(number);
        }

        OrphanReader orphans = new(volume.Geometry, volume.Stack.Cache, volume.Stack.Inodes, volume.Stack.Mapper);
        ulong count = orphans.CountList(volume.Workspace, new(head), StagedVolume.SuperblockWhere);
        Require(count == Count(head), "the list is longer or shorter than its inodes say");
        return Verdict.Accepted(new Digest().Add(count).Value);
    }

    private ulong Count(uint head)
    {
        ulong count = 0;
        for (uint number = head; number != 0 && count <= StagedVolume.InodesCount; number = _next[number])
        {
            count++;
        }

        return count;
    }

    private static InputWriter Of(InputOptions options, params ReadOnlySpan<(int Number, int Next)> list)
    {
        InputWriter writer = new InputWriter(options).U32(12);
        foreach ((int number, int next) in list)
        {
            writer.U8((byte)number).U32((uint)next);
        }

        return writer;
    }
}
