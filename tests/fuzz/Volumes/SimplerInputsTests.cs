using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.Fuzz.Images;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Volumes;

public sealed class SimplerInputsTests
{
    private const uint WrongSize = 0x0112_2334;
    private const int MostRuns = 20_000;

    private static readonly BaseVolume Volume = BaseVolumes.Find("ext4-checked")!;
    private static readonly StructureFinder Finder = new(Volume);
    private static readonly long Size = Finder.Find("inode /plain", "i_size_lo");

    [Fact]
    public void Thirty_edits_and_twenty_operations_shrink_to_the_two_that_matter()
    {
        VolumeInputWriter writer = new(Volume, InputFlags.Sealed);
        AddEdits(writer, 0, 14);
        writer.Edit(Size, BitConverter.GetBytes(WrongSize));
        AddEdits(writer, 14, 29);
        AddOperations(writer, 0, 9);
        writer.Add(RecordKind.SeekHole, 2, 77);
        AddOperations(writer, 9, 19);
        Assert.Equal((30, 20), CountsOf(writer.ToArray()));

        byte[] smallest = Reduce(writer.ToArray());

        Assert.Equal((1, 1), CountsOf(smallest));
        Assert.EndsWith(": i_size_lo", Assert.Single(Touched(smallest)));
    }

    [Fact]
    public void An_edit_of_a_whole_inode_shrinks_to_the_field_that_matters()
    {
        long inode = Size - InodeView.ISizeLo;
        byte[] bytes = new byte[256];
        Volume.Image.CopyTo(inode, bytes);
        Le.PutU32(bytes, InodeView.ISizeLo, WrongSize);
        Le.PutU32(bytes, InodeView.IAtime, 1);
        Le.PutU16(bytes, InodeView.IUid, 7);
        byte[] input = new VolumeInputWriter(Volume, InputFlags.Sealed).Edit(inode, bytes).Add(RecordKind.SeekHole, 2, 77).ToArray();

        Assert.EndsWith(": i_size_lo", Assert.Single(Touched(Reduce(input))));
    }

    [Fact]
    public void A_checksum_that_was_edited_is_left_to_the_sealing()
    {
        byte[] with = new VolumeInputWriter(Volume, InputFlags.Sealed).Edit(Size, BitConverter.GetBytes(WrongSize)).ToArray();
        Assert.True(VolumeInput.TryParse(with, out VolumeInput sealedInput));
        VolumeBuilder builder = new();
        builder.Build(sealedInput);
        byte[] inode = new byte[256];
        builder.Device.Peek(Size - InodeView.ISizeLo, inode);
        byte[] input = new VolumeInputWriter(Volume, default).Edit(Size - InodeView.ISizeLo, inode).Add(RecordKind.SeekHole, 2, 77).ToArray();

        byte[] smallest = Reduce(input);

        Assert.Equal(InputFlags.Sealed, (InputFlags)smallest[1]);
        Assert.EndsWith(": i_size_lo", Assert.Single(Touched(smallest)));
    }

    [Fact]
    public void A_copy_and_a_borrowed_range_shrink_to_the_bytes_that_matter()
    {
        byte[] bytes = BitConverter.GetBytes(WrongSize);
        byte[] input = new VolumeInputWriter(Volume, InputFlags.Sealed)
            .Edit(Volume.Image.Length - 100, bytes)
            .Add(RecordKind.Copy, (ulong)Volume.Image.Length - 100, (ulong)Size, 4)
            .Add(RecordKind.Borrow, Volume.Id, 0, (ulong)Volume.Image.Length - 4096, 4096)
            .Add(RecordKind.SeekHole, 2, 77).ToArray();

        byte[] smallest = Reduce(input);

        Assert.Equal((1, 1), CountsOf(smallest));
        Assert.EndsWith(": i_size_lo", Assert.Single(Touched(smallest)));
    }

    [Fact]
    public void Every_simpler_form_is_fit_and_asks_for_less()
    {
        byte[] input = new VolumeInputWriter(Volume, default)
            .Edit(0x400, new byte[1024]).Add(RecordKind.Fill, 0x800, 100, 7).Add(RecordKind.Stat, 2).ToArray();
        (int edits, int operations) = CountsOf(input);
        byte[][] simpler = [.. new VolumeTarget().Simpler(input)];

        Assert.All(simpler, form => Assert.True(VolumeInput.TryParse(form, out _)));
        Assert.All(simpler, form => Assert.NotEqual(input, form));
        Assert.Contains(simpler, form => CountsOf(form) == (edits, operations - 1));
        Assert.Contains(simpler, form => CountsOf(form) == (edits - 1, operations));
        Assert.Empty(new VolumeTarget().Simpler([1, 2]));
    }

    private static void AddEdits(VolumeInputWriter writer, int first, int last)
    {
        StructurePart[] parts = [.. Volume.Survey!.Parts.Where(part => part.Offset != Size - InodeView.ISizeLo && part.Shape == FieldCatalogue.Inode)];
        for (int index = first; index < last; index++)
        {
            writer.Edit(parts[index % parts.Length].Offset + InodeView.IAtime, [(byte)index, 1, 2, 3]);
        }
    }

    private static void AddOperations(VolumeInputWriter writer, int first, int last)
    {
        for (int index = first; index < last; index++)
        {
            writer.Add(RecordKind.Read, 2, (ulong)index, 100);
        }
    }

    private static byte[] Reduce(byte[] input)
    {
        PlantedTarget target = new();
        Assert.True(Shows(target, input));
        byte[] smallest = new Reduction(candidate => Shows(target, candidate), MostRuns).Reduce(input, target.Simpler);
        Assert.True(Shows(target, smallest));
        return smallest;
    }

    private static bool Shows(PlantedTarget target, byte[] input)
    {
        try
        {
            _ = target.Run(input);
            return false;
        }
        catch (FindingException)
        {
            return true;
        }
    }

    private static IReadOnlyList<string> Touched(byte[] input) => new VolumeTarget().Touched(input);

    private static (int Edits, int Operations) CountsOf(byte[] input)
    {
        Assert.True(VolumeInput.TryParse(input, out VolumeInput volume));
        int edits = 0;
        int operations = 0;
        RecordReader records = volume.Records;
        while (records.MoveNext())
        {
            edits += records.Kind.IsEdit() ? 1 : 0;
            operations += records.Kind.IsOperation() ? 1 : 0;
        }

        return (edits, operations);
    }

    /// <summary>Fails on one size of one file whose checksum is right, and one step of the program.</summary>
    private sealed class PlantedTarget : WholeVolumeTarget
    {
        public override string Name => "planted";

        public override string Description => "a finding that was planted";

        private protected override Verdict Run(in VolumeInput input)
        {
            using Volume volume = Mount(input);
            Workspace workspace = volume.CreateWorkspace();
            bool isSize = volume.Lookup(workspace, InodeNumber.Root, "plain"u8, out InodeNumber file) == FsError.None
                && volume.Stat(workspace, file, out InodeStat stat) == FsError.None && (uint)stat.Size == WrongSize;
            RecordReader records = input.Records;
            while (records.MoveNext())
            {
                if (isSize && records.Kind == RecordKind.SeekHole && records[1] == 77)
                {
                    throw new FindingException(FindingKind.Contradiction, "planted");
                }
            }

            return Verdict.Accepted(0);
        }
    }
}
