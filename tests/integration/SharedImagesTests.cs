using System.Text.RegularExpressions;
using Ext4Core;
using Ext4Core.Integrity;
using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;

namespace Ext4Safety.IntegrationTests;

/// <summary>Images that others made, most of them damaged on purpose: each reads as the kernel reads it, or is refused with a
/// report, in bounded time.</summary>
public sealed partial class SharedImagesTests
{
    /// <summary>Tells an endless walk from a slow machine: the largest image holds 47,000 files.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>Images where one side mounts and the other refuses, and why that is right.</summary>
    private static readonly Dictionary<string, string> MountedByOneSide = new(StringComparer.Ordinal)
    {
        ["f_16384_block"] = "the kernel at hand has pages of 4 KiB",
        ["f_8192_block"] = "the kernel at hand has pages of 4 KiB",
        ["j_recover_fast_commit"] = "the kernel fails to replay what e2fsck replays",
        ["f_bad_fname"] = "casefold: the kernel at hand has no Unicode",
    };

    /// <summary>Fields that differ, by image.</summary>
    private static readonly Dictionary<string, string[]> KnownDifferences = new(StringComparer.Ordinal)
    {
        // The kernel's recovery deletes the orphans of the orphan file, which takes a write.
        ["f_clear_orphan_file"] = [Field.VolumeFreeInodes],
    };

    public static TheoryData<string> Images => new(
        Machine.Lacks(Needs.SharedImages) is null ? SharedImage.Names : ["none"]);

    [NeedsTheory(Needs.SharedImages)]
    [MemberData(nameof(Images))]
    public void An_image_reads_as_in_the_kernel_or_is_refused_with_a_report(string name)
    {
        string image = SharedImage.Get(name);
        Task<(TreePicture? Tree, string Refusal)> reading = Task.Run(() => Read(image));
        Assert.True(reading.Wait(Patience), $"{name} takes longer than {Patience}");
        (TreePicture? ours, string refusal) = reading.Result;
        if (Machine.Lacks(Needs.Kernel) is not null)
        {
            return;
        }

        using KernelMount? kernel = KernelMount.TryMount(image, "ro", out string error) ?? KernelMount.TryRecover(image, out error);
        string oneSided = MountedByOneSide.GetValueOrDefault(name, "");
        if (ours is null || kernel is null)
        {
            bool agree = ours is null == kernel is null;
            Assert.True(agree == (oneSided.Length == 0), $"ours: {(ours is null ? refusal : "mounts")}; kernel: {(kernel is null ? error : "mounts")}; table: {oneSided}");
            return;
        }

        Assert.True(oneSided.Length == 0, "both mount, so the table is out of date");
        IReadOnlyList<Difference> differences = TreeComparison.Differences(
            MountedTree.Take(kernel.Directory), ours, KernelDifferenceTests.ShownByMountsAlone);
        Difference[] unexplained = [.. differences.Where(difference => !IsRefusal(difference, ours) && !KnownDifferences.GetValueOrDefault(name, []).Contains(difference.Field, StringComparer.Ordinal))];
        Assert.True(unexplained.Length == 0, TreeComparison.Report(unexplained));
    }

    private static (TreePicture? Tree, string Refusal) Read(string image)
    {
        try
        {
            using Volume volume = VolumeTree.Mount(image);
            return (VolumeTree.Take(volume), "");
        }
        catch (Exception refusal) when (refusal is CorruptionException or UnsupportedFeatureException)
        {
            return (null, refusal.Message);
        }
    }

    /// <summary>Both refuse: a damage report in place of a value, or of the whole inode or listing that would have held it, and
    /// an error, or nothing, from the kernel.</summary>
    private static bool IsRefusal(Difference difference, TreePicture ours) =>
        (difference.Theirs is null || difference.Theirs.Contains("error ", StringComparison.Ordinal)) && IsRefusedByUs(difference, ours);

    private static bool IsRefusedByUs(Difference difference, TreePicture ours) =>
        Report().IsMatch(difference.Ours ?? "")
        || ours.Nodes.Values.Any(node => string.Equals(node.Path, difference.Path, StringComparison.Ordinal) && node.Fields.Values.Any(value => Report().IsMatch(value)))
        || Ancestors(difference.Path).Any(path => ours.Entries.ContainsKey($"{path}/\0list") || ours.Nodes.Values.Any(
            node => string.Equals(node.Path, path, StringComparison.Ordinal) && node.Fields.ContainsKey(Field.Problem)));

    private static IEnumerable<string> Ancestors(string path)
    {
        for (int end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
        {
            yield return path[..end];
        }
    }

    [GeneratedRegex(@"\bE\d{3} ", RegexOptions.None, 1000)]
    private static partial Regex Report();
}
