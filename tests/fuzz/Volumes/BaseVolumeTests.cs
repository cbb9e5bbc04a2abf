using Ext4Core.Io;
using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Making;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Volumes;

public sealed class BaseVolumeTests
{
    private const string VersionOfShipped = "mke2fs 1.47.0 (5-Feb-2023)";

    public static TheoryData<string> Names => [.. Made.Select(volume => volume.Name)];

    private static IEnumerable<BaseVolume> Made => BaseVolumes.All.Where(volume => volume.Id != BaseVolumes.ZerosId);

    [Fact]
    public void There_are_many_and_each_has_a_recipe()
    {
        Assert.True(Made.Count() >= 24);
        Assert.Equal(Made.Select(volume => volume.Name).Order(StringComparer.Ordinal), VolumeRecipe.All.Select(recipe => recipe.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_is_wrong_with_a_volume_that_nobody_edited(string name)
    {
        InputFlags flags = name switch
        {
            "external-journal" => InputFlags.SkipJournal,
            "fast-commit-dirty" => InputFlags.SkipFastCommits,
            _ => default,
        };
        byte[] input = new VolumeInputWriter(BaseVolumes.Find(name)!, flags).ToArray();

        Verdict verdict = FuzzRun.Once(new VolumeTarget(), input);

        Assert.Equal((Outcome.Accepted, default), (verdict.Outcome, verdict.Code));
    }

    [MadeTheory]
    [MemberData(nameof(Names))]
    public void The_recipe_still_makes_what_is_shipped(string name)
    {
        SparseImage made = VolumeMaker.Make(VolumeRecipe.All.Single(recipe => recipe.Name.Equals(name, StringComparison.Ordinal)));
        SparseImage shipped = BaseVolumes.Find(name)!.Image;

        Assert.Equal(shipped.Length, made.Length);
        Assert.Equal(shipped.Pages.ToArray(), made.Pages.ToArray());
        foreach (int page in made.Pages)
        {
            Assert.True(shipped[page].SequenceEqual(made[page]), $"KiB {page} differs");
        }
    }

    [Fact]
    public void An_image_survives_being_packed()
    {
        byte[] bytes = new byte[10_000];
        bytes[5] = 1;
        bytes[9_999] = 2;
        using MemoryStream stored = new();
        SparseImage.Read(new MemoryBlockDevice(bytes)).Save(stored);
        stored.Position = 0;

        SparseImage loaded = SparseImage.Load(stored);
        byte[] copy = new byte[bytes.Length];
        loaded.CopyTo(0, copy);

        Assert.Equal((10_000, 2), (loaded.Length, loaded.Pages.Length));
        Assert.Equal(bytes, copy);
    }

    private sealed class MadeTheoryAttribute : TheoryAttribute
    {
        public MadeTheoryAttribute()
        {
            if (!string.Equals(Tool.Version, VersionOfShipped, StringComparison.Ordinal))
            {
                Skip = $"the shipped volumes are those of {VersionOfShipped}; here is {Tool.Version ?? "none"}";
            }
        }
    }
}
