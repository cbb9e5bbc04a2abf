using Ext4Core.Integrity;
using Ext4Core.Layout;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>One node of an extent tree, as it stands in a block.</summary>
public sealed class ExtentNodeTarget : FuzzTarget
{
    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 12, 0);

    /// <inheritdoc/>
    public override string Name => "extent-node";

    /// <inheritdoc/>
    public override string Description => "header and entries of one node of an extent tree";

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < ExtentNodeView.HeaderSize)
        {
            return Verdict.Unfit;
        }

        try
        {
            ExtentNodeView node = ExtentNodeView.Parse(input, Here);
            Digest digest = new Digest().Add((ulong)node.Depth);
            for (int index = 0; index < node.EntryCount; index++)
            {
                ExtentView extent = node.Extent(index);
                digest = digest.Add(extent.First.Value).Add(extent.Length).Add(extent.Start.Value);
            }

            return Verdict.Accepted(digest.Value);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
    }
}
