using System.Reflection;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;
using Fuse4fs.Protocol;

namespace Ext4Safety.FuzzTests.Volumes;

public sealed class MutationTests
{
    private const int MutantsPerVolume = 60;

    public static TheoryData<string> Names => [.. Made.Select(volume => volume.Name)];

    private static IEnumerable<BaseVolume> Made => BaseVolumes.All.Where(volume => volume.Id != BaseVolumes.ZerosId);

    [Fact]
    public void Every_view_with_fields_is_in_the_catalogue()
    {
        IEnumerable<string> views = typeof(SuperblockView).Assembly.GetTypes()
            .Where(type => type.GetFields().Any(field => field.GetCustomAttribute<DiskFieldsAttribute>() is not null))
            .Select(type => type.Name.Replace("View", "", StringComparison.Ordinal));

        Assert.Equal(views.Order(StringComparer.Ordinal), FieldCatalogue.All.Select(shape => shape.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_offset_of_a_view_is_marked_as_a_field()
    {
        string[] measures = ["Size", "Length", "Depth", "Offset", "Start", "Alignment", "Marker", "Blocks", "Count", "First", "InBlock", "Bits", "Levels"];
        IEnumerable<string> unmarked = typeof(SuperblockView).Assembly.GetTypes()
            .Where(type => string.Equals(type.Namespace, typeof(SuperblockView).Namespace, StringComparison.Ordinal) && (type.IsByRefLike || type.Name.EndsWith("View", StringComparison.Ordinal)))
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.IsLiteral && field.FieldType == typeof(int) && field.GetCustomAttribute<DiskFieldsAttribute>() is null)
            .Select(field => $"{field.DeclaringType!.Name}.{field.Name}")
            .Where(name => !Array.Exists(measures, measure => name.EndsWith(measure, StringComparison.Ordinal)));

        Assert.Empty(unmarked);
    }

    [Fact]
    public void Every_kind_of_packet_is_in_the_catalogue()
    {
        IEnumerable<PacketKind> kinds = Enum.GetValues<PacketKind>().Where(kind => kind != PacketKind.Arguments);

        Assert.Equal(kinds.Order(), PacketCatalogue.All.Select(shape => shape.Kind).Distinct().Order());
        Assert.Equal(new DiskField("grants_at", 8, 4, true), PacketCatalogue.All[0].Shape.Fields[^1]);
    }

    [Fact]
    public void Fields_reach_up_to_the_next_one()
    {
        Assert.Equal(new DiskField("s_uuid", 0x68, 16, false), FieldCatalogue.Superblock.Fields.Single(field => field.Name.Equals("s_uuid", StringComparison.Ordinal)));
        Assert.Equal(new DiskField("i_checksum_lo", 0x7C, 4, false), FieldCatalogue.Inode.Fields[^1]);
        Assert.Equal(new DiskField("s_start", 0x1C, 4, true), FieldCatalogue.JournalSuperblock.Fields.Single(field => field.Name.Equals("s_start", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sealing_what_is_right_changes_nothing(string name)
    {
        BaseVolume volume = BaseVolumes.Find(name)!;
        VolumeBuilder builder = new();
        foreach (SealedStructure structure in volume.Survey!.Structures)
        {
            byte[] bytes = new byte[structure.Size];
            volume.Image.CopyTo(structure.Offset, bytes);
            byte[] bytesOfInput = new VolumeInputWriter(volume, InputFlags.Sealed).Edit(structure.Offset, bytes).ToArray();
            Assert.True(VolumeInput.TryParse(bytesOfInput, out VolumeInput input));
            builder.Build(input);
            for (int slot = 0; slot < builder.Device.Touched.Count; slot++)
            {
                long page = builder.Device.Touched.PageAt(slot);
                byte[] sound = new byte[SparseImage.PageSize];
                volume.Image.CopyTo(page << SparseImage.PageBits, sound);
                Assert.True(builder.Device.Touched.Find(page).SequenceEqual(sound), $"{structure}: KiB {page}");
            }
        }
    }

    [Fact]
    public void The_volumes_hold_every_structure_that_there_is()
    {
        IEnumerable<string> found = Made.SelectMany(volume => volume.Survey!.ByShape).Select(parts => parts[0].Shape.Name).Distinct(StringComparer.Ordinal).Except(["BlockPointers"], StringComparer.Ordinal);

        Assert.Equal(FieldCatalogue.All.Select(shape => shape.Name).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Four_mutants_in_five_get_past_the_mount_and_one_in_eight_is_not_sealed()
    {
        VolumeTarget target = new();
        int mounted = 0;
        int all = 0;
        int isUnsealed = 0;
        byte[] data = new byte[4096];
        foreach (BaseVolume volume in Made)
        {
            byte[] start = new VolumeInputWriter(volume, InputFlags.Sealed | InputFlags.SkipJournal).ToArray();
            for (uint seed = 0; seed < MutantsPerVolume; seed++)
            {
                start.CopyTo(data, 0);
                int length = target.Mutator.Mutate(data, start.Length, seed + (volume.Id * 1000u), new NoEngine());
                Run(target, data.AsSpan(0, length));
                mounted += target.HasMounted ? 1 : 0;
                isUnsealed += ((InputFlags)data[1]).HasFlag(InputFlags.Sealed) ? 0 : 1;
                all++;
            }
        }

        Assert.True(mounted >= all * 0.8, $"{mounted} of {all} were mounted");
        Assert.InRange(isUnsealed, all / 10, all / 6);
    }

    /// <summary>What a mutant finds is for campaigns to report; here only the mount counts.</summary>
    private static void Run(VolumeTarget target, ReadOnlySpan<byte> input)
    {
        try
        {
            _ = FuzzRun.Once(target, input);
        }
        catch (FindingException finding)
        {
            Assert.Equal(FindingKind.Contradiction, finding.Kind);
        }
    }

    private sealed class NoEngine : IByteMutator
    {
        public int Mutate(Span<byte> data, int length) => length;
    }
}
