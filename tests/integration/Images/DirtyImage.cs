using Ext4Safety.IntegrationTests.Native;
using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Images;

/// <summary>Copies of a volume's backing file, taken between the calls of a busy kernel mount.</summary>
internal static class DirtyImage
{
    private const int Rounds = 60;
    private const int SnapshotEvery = 25;

    /// <summary>Makes and works on a volume; gives the copies.</summary>
    public static string[] Make(ImageRecipe recipe, string image)
    {
        List<string> snapshots = [];
        ImageCache.MakeEmpty(recipe, image);
        using KernelMount mount = KernelMount.Writable(image, recipe.MountOptions);
        FillerPen pen = new(mount.Directory);
        pen.Directory("work");
        for (int round = 1; round <= Rounds; round++)
        {
            Work(pen, round);
            if (round % SnapshotEvery == 0 || round == Rounds)
            {
                string snapshot = $"{image}.{round}";
                ExternalTool.Run("cp", "--sparse=always", image, snapshot);
                snapshots.Add(snapshot);
            }
        }

        return [.. snapshots];
    }

    /// <summary>Deletes the copies.</summary>
    public static void Delete(string image)
    {
        foreach (string snapshot in Directory.GetFiles(Path.GetDirectoryName(image)!, $"{Path.GetFileName(image)}.*"))
        {
            File.Delete(snapshot);
        }
    }

    /// <summary>A round of everything that a journal records: creations, renames, links, growth, holes, attributes,
    /// and deletions whose blocks are revoked and used again.</summary>
    private static void Work(FillerPen pen, int round)
    {
        string name = $"work/{round}";
        pen.Directory(name);
        for (int index = 0; index < 30; index++)
        {
            pen.File($"{name}/{index}-{new string('f', index * 5)}", index * 300);
        }

        pen.HardLink($"{name}/1-fffff", $"{name}/linked");
        pen.SymbolicLink($"{name}/symbolic", new string('s', 40 + (round * 3)));
        pen.Attribute($"{name}/1-fffff", "user.round", [(byte)round, 2, 3]);
        pen.File($"{name}/synced", file =>
        {
            pen.Write(file, 0, 20_000 + round);
            pen.Sync(file);
            pen.Write(file, 100_000, 5_000);
            pen.Sync(file);
            pen.Allocate(file, AllocateMode.PunchHole | AllocateMode.KeepSize, 4096, 8192);
            pen.Sync(file);
            pen.Truncate(file, 90_000);
            pen.Sync(file);
        });
        if (round > 3)
        {
            RemoveTree(pen, $"work/{round - 3}");
        }

        pen.Rename($"{name}/2-ffffffffff", $"work/moved-{round}");
        pen.File($"work/moved-{round}", file =>
        {
            pen.Write(file, 600, 100);
            pen.Sync(file);
        });
    }

    private static void RemoveTree(FillerPen pen, string name)
    {
        for (int index = 0; index < 30; index++)
        {
            if (index != 2)
            {
                pen.Unlink($"{name}/{index}-{new string('f', index * 5)}");
            }
        }

        pen.Unlink($"{name}/linked");
        pen.Unlink($"{name}/symbolic");
        pen.Unlink($"{name}/synced");
        pen.RemoveDirectory(name);
    }
}
