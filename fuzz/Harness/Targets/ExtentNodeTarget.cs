using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>One node of an extent tree, as it stands in a block.</summary>
/// <remarks>A refusal costs no throw. That the form that throws says the same, and that what was decoded can be written and read
/// again, is held against one input in sixty-four: the input itself decides which.</remarks>
internal sealed class ExtentNodeTarget : FuzzTarget
{
    private const int OneIn = 64;

    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 12, 0);

    private readonly byte[] _written = new byte[4096];

    /// <inheritdoc/>
    public override string Name => "extent-node";

    /// <inheritdoc/>
    public override string Description => "header and entries of one node of an extent tree";

    /// <inheritdoc/>
    public override long AllocationBudget => 12 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] leaf = new byte[1024];
            ExtentNodeWriter.Initialise(leaf, depth: 0);
            ExtentNodeWriter.AppendExtent(leaf, 0, 3, 100, isUnwritten: false);
            ExtentNodeWriter.AppendExtent(leaf, 3, ExtentNodeWriter.MaximumUnwritten, 1ul << 40, isUnwritten: true);
            yield return new("leaf-of-two-extents", leaf);
            byte[] interior = new byte[InodeView.BlockMapSize];
            ExtentNodeWriter.Initialise(interior, ExtentNodeView.MaximumDepth);
            ExtentNodeWriter.AppendIndex(interior, 0, 77);
            yield return new("root-of-greatest-depth", interior);
            yield return new("root-one-level-too-deep", Changed(interior, ExtentNodeView.EhDepth, ExtentNodeView.MaximumDepth + 1));
            yield return new("interior-without-entries", Changed(interior, ExtentNodeView.EhEntries, 0));
            yield return new("leaf-with-one-entry-more-than-fits", Changed(leaf, ExtentNodeView.EhEntries, 85));
            yield return new("leaf-with-room-for-one-entry-too-many", Changed(leaf, ExtentNodeView.EhMax, 85));
            yield return new("leaf-without-magic", Changed(leaf, ExtentNodeView.EhMagic, 0xF30B));
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => ExtentWords.All;

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < ExtentNodeView.HeaderSize)
        {
            return Verdict.Unfit;
        }

        bool isFine = ExtentNodeView.TryParse(input, Here, out ExtentNodeView node, out Damage damage);
        Verdict verdict = isFine ? Verdict.Accepted(Read(node).Value) : Verdict.Damaged(damage);
        if (verdict.Digest % OneIn == 0)
        {
            CompareForms(input, verdict, isFine);
        }

        return verdict;
    }

    private static Digest Read(ExtentNodeView node)
    {
        Digest digest = new Digest().Add((ulong)node.Depth);
        for (int index = 0; index < node.EntryCount; index++)
        {
            ExtentView extent = node.Extent(index);
            digest = node.Depth == 0
                ? digest.Add(extent.First.Value | ((ulong)extent.Length << 32)).Add(extent.Start.Value)
                : digest.Add(node.FirstOf(index).Value).Add(node.Index(index).Child.Value);
        }

        return digest;
    }

    private void CompareForms(ReadOnlySpan<byte> input, in Verdict verdict, bool isFine)
    {
        Verdict thrown;
        try
        {
            ExtentNodeView node = ExtentNodeView.Parse(input, Here);
            thrown = Verdict.Accepted(Read(node).Value);
        }
        catch (CorruptionException damage)
        {
            thrown = Verdict.Damaged(damage);
        }

        if (thrown != verdict || (isFine && input.Length <= _written.Length && Rewritten(input) != verdict.Digest))
        {
            throw new FindingException(FindingKind.Contradiction, $"{verdict} without a throw, {thrown} with one");
        }
    }

    /// <summary>The digest of the node after it was written anew from what was decoded.</summary>
    private ulong Rewritten(ReadOnlySpan<byte> input)
    {
        ExtentNodeView node = ExtentNodeView.Admitted(input);
        Span<byte> copy = _written.AsSpan(0, input.Length);
        ExtentNodeWriter.Initialise(copy, node.Depth);
        for (int index = 0; index < node.EntryCount; index++)
        {
            if (node.Depth == 0)
            {
                ExtentView extent = node.Extent(index);
                ExtentNodeWriter.AppendExtent(copy, extent.First.Value, extent.Length, extent.Start.Value, extent.IsUnwritten);
            }
            else
            {
                ExtentNodeWriter.AppendIndex(copy, node.FirstOf(index).Value, node.Index(index).Child.Value);
            }
        }

        return Read(ExtentNodeView.Parse(copy, Here)).Value;
    }

    private static byte[] Changed(byte[] node, int offset, ushort value)
    {
        byte[] changed = [.. node];
        Le.PutU16(changed, offset, value);
        return changed;
    }
}
