using System.Globalization;
using Ext4Core.Io;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Making;

/// <summary>Makes volumes by their recipes: the same bytes on every run with the same version of e2fsprogs.</summary>
internal static class VolumeMaker
{
    private const string Identity = "6e4f7a52-1c0b-4d3e-9a77-0f5d2c8b1e90";

    /// <summary>Makes one volume, and has e2fsck look at it.</summary>
    /// <exception cref="InvalidOperationException">A tool failed, or e2fsck found something.</exception>
    public static SparseImage Make(VolumeRecipe recipe)
    {
        string directory = Directory.CreateTempSubdirectory("ext4safety-making-").FullName;
        try
        {
            string path = Path.Combine(directory, "volume.img");
            Format(recipe, path);
            Script script = new(directory);
            recipe.Write(script, recipe);
            _ = Tool.Run("debugfs", 0, "-w", "-f", script.Save(), path);
            _ = Tool.Run("e2fsck", 1, "-fyD", path);
            _ = Tool.Run("e2fsck", 0, "-fn", path);
            WorkingImage image = new(path, File.ReadAllBytes(path));
            recipe.Finish?.Invoke(image);
            Finishing.ForgetHost(image);
            File.WriteAllBytes(path, image.Bytes);
            CheckFinished(recipe, path);
            return SparseImage.Read(new MemoryBlockDevice(image.Bytes));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Format(VolumeRecipe recipe, string path)
    {
        int kilobytes = recipe switch
        {
            { Kilobytes: > 0 } => recipe.Kilobytes,
            { BlockSize: > 1024 } => 4096,
            _ when recipe.Has("has_journal") => 3072,
            _ => 1024,
        };
        using (FileStream file = File.Create(path))
        {
            file.SetLength(kilobytes * 1024L);
        }

        string extended = $"hash_seed={Identity},lazy_itable_init=0,nodiscard,root_owner=0:0";
        List<string> options = [.. recipe.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        int further = options.IndexOf("-E");
        if (further >= 0)
        {
            extended += "," + options[further + 1];
            options.RemoveRange(further, 2);
        }

        _ = Tool.Run("mke2fs", 0, [
            "-q", "-F", "-t", "ext2", "-U", Identity, "-E", extended, "-m", "5",
            "-b", recipe.BlockSize.ToString(CultureInfo.InvariantCulture), "-I", recipe.InodeSize.ToString(CultureInfo.InvariantCulture),
            "-N", recipe.Inodes.ToString(CultureInfo.InvariantCulture),
            "-O", recipe.Features.Length == 0 ? "none" : "none," + recipe.Features, .. options, path,
        ]);
    }

    /// <summary>A volume that waits for recovery is sound once it was recovered.</summary>
    private static void CheckFinished(VolumeRecipe recipe, string path)
    {
        if (recipe.Soundness == Soundness.NotAsked)
        {
            return;
        }

        string copy = path + ".check";
        File.Copy(path, copy);
        if (recipe.Soundness == Soundness.AfterRecovery)
        {
            _ = Tool.Run("e2fsck", 1, "-fy", copy);
        }

        _ = Tool.Run("e2fsck", 0, "-fn", copy);
    }
}
