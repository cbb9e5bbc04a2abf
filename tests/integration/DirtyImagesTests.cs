using Ext4Core;
using Ext4Core.Integrity;
using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;

namespace Ext4Safety.IntegrationTests;

/// <summary>Volumes copied while the kernel was writing to them: our overlay shows what the kernel's own recovery shows.</summary>
public sealed class DirtyImagesTests
{
    public static TheoryData<string> Cases => new(Recipes.Select(recipe => recipe.Name));

    private static IEnumerable<ImageRecipe> Recipes { get; } =
    [
        new("dirty-ext3", "has_journal,ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file"),
        new("dirty-checksum-1", Common) { MountOptions = "journal_checksum" },
        new("dirty-asynchronous", Common) { MountOptions = "data=writeback,journal_async_commit" },
        new("dirty-checksum-3", $"{Common},metadata_csum"),
        new("dirty-64bit", $"{Common},64bit") { BlockSize = 1024 },
        new("dirty-64bit-checksum-3", $"{Common},64bit,metadata_csum,metadata_csum_seed"),
        new("dirty-fast-commit", $"{Common},64bit,metadata_csum,fast_commit"),
        new("dirty-fast-commit-inline", $"{Common},fast_commit,inline_data") { BlockSize = 1024 },
        new("dirty-data-journal", $"{Common},64bit,metadata_csum") { MountOptions = "data=journal" },
        new("dirty-wrapped", $"{Common},64bit,metadata_csum") { BlockSize = 1024, Options = "-J size=1" },
        new("dirty-orphans", $"{Common},64bit,metadata_csum,orphan_file"),
    ];

    private const string Common =
        "has_journal,resize_inode,ext_attr,dir_index,filetype,sparse_super,large_file,extent,flex_bg,huge_file,dir_nlink,extra_isize";

    [NeedsTheory(Needs.Kernel)]
    [MemberData(nameof(Cases))]
    public void The_overlay_shows_what_recovery_shows(string name)
    {
        ImageRecipe recipe = Recipes.Single(candidate => string.Equals(candidate.Name, name, StringComparison.Ordinal));
        string image = Path.GetTempFileName();
        try
        {
            string[] snapshots = DirtyImage.Make(recipe, image);
            Assert.NotEmpty(snapshots);
            foreach (string snapshot in snapshots)
            {
                Compare(snapshot);
            }

            Assert.Contains(snapshots, LooksDifferentWithoutJournal);
        }
        finally
        {
            File.Delete(image);
            DirtyImage.Delete(image);
        }
    }

    /// <summary>Whether the journal held anything: without the overlay the volume is older, or damaged.</summary>
    private static bool LooksDifferentWithoutJournal(string snapshot)
    {
        try
        {
            using Volume stale = VolumeTree.Mount(snapshot, new() { SkipJournal = true });
            using Volume volume = VolumeTree.Mount(snapshot);
            return TreeComparison.Differences(VolumeTree.Take(volume), VolumeTree.Take(stale)).Count > 0;
        }
        catch (CorruptionException)
        {
            return true;
        }
    }

    private static void Compare(string snapshot)
    {
        using KernelMount? kernel = KernelMount.TryRecover(snapshot, out string error);
        Assert.True(kernel is not null, error);
        using Volume volume = VolumeTree.Mount(snapshot);
        HashSet<string> notCarried = [.. KernelDifferenceTests.ShownByMountsAlone, Field.VolumeFree, Field.VolumeAvailable, Field.VolumeFreeInodes];

        TreeComparison.AssertSame(MountedTree.Take(kernel.Directory), VolumeTree.Take(volume), notCarried);
    }
}
