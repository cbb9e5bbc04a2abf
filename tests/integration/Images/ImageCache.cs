using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Images;

/// <summary>Builds images on demand and keeps them, keyed by everything that decides their content.</summary>
internal static class ImageCache
{
    private const string Identity = "6e4f7a52-1c0b-4d3e-9a77-0f5d2c8b1e90";
    private const string HashSeed = "b5c1f1de-93a4-4c6e-8d25-7f00aa11bb22";
    private const int KeptDays = 14;

    private static readonly ConcurrentDictionary<string, Lazy<string>> Built = new(StringComparer.Ordinal);

    /// <summary>The mke2fs configuration of the tests: no feature that a recipe does not name.</summary>
    public static string ConfigurationPath { get; } = WriteConfiguration();

    /// <summary>Where all versions are kept.</summary>
    public static string Parent { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "ext4safety");

    /// <summary>The directory of this version of the filler and the tools.</summary>
    private static string Root { get; } = PrepareRoot();

    /// <summary>The finished image of a recipe. Nobody writes to it.</summary>
    public static string Get(ImageRecipe recipe) =>
        Built.GetOrAdd(recipe.Name, _ => new(() => BuildOnce(recipe))).Value;

    private static string BuildOnce(ImageRecipe recipe)
    {
        string key = Digest(recipe.Fingerprint)[..12];
        string finished = Path.Combine(Root, $"{recipe.Name}-{key}.img");
        if (File.Exists(finished))
        {
            return finished;
        }

        string scratch = Path.Combine(Root, $"{recipe.Name}-{key}.{Environment.ProcessId}.partial");
        try
        {
            Build(recipe, scratch);
            File.Move(scratch, finished, overwrite: true);
        }
        finally
        {
            File.Delete(scratch);
        }

        return finished;
    }

    private static void Build(ImageRecipe recipe, string image)
    {
        Allocate(recipe, image);
        if (recipe.Filling == Filling.Copy)
        {
            using KernelMount source = KernelMount.ReadOnly(Get(ImageMatrix.CopySource));
            Make(recipe, image, source.Directory);
            Finish(recipe.Before, image);
        }
        else
        {
            Make(recipe, image, tree: null);
            Finish(recipe.Before, image);
            using KernelMount mount = KernelMount.Writable(image, recipe.MountOptions);
            new Filler(mount.Directory, recipe).Fill();
        }

        Finish(ExtraSteps(recipe), image);
        ExternalTool.Run("e2fsck", "-fn", "-E", "no_optimize_extents", image);
        Finish(recipe.After, image);
    }

    /// <summary>An empty volume, outside of the cache.</summary>
    public static void MakeEmpty(ImageRecipe recipe, string image)
    {
        Allocate(recipe, image);
        Make(recipe, image, tree: null);
    }

    private static void Allocate(ImageRecipe recipe, string image)
    {
        using (FileStream file = File.Create(image))
        {
            file.SetLength((long)recipe.MebiBytes << 20);
        }
    }

    private static List<string> ExtraSteps(ImageRecipe recipe)
    {
        List<string> steps = [];
        if (recipe.Extra.HasFlag(Extra.Verity))
        {
            steps.AddRange(FillerVerity.Seals(recipe.BlockSize));
        }

        if (recipe.Extra.HasFlag(Extra.Projects))
        {
            steps.AddRange(["debugfs sif sizes projid 1000", "debugfs sif sizes/1024 projid 4294967294", "debugfs sif links/first projid 77"]);
        }

        if (recipe.Extra.HasFlag(Extra.CaseFolded))
        {
            string[] directories = ["hundred", "thousand", "long", "folding", "empty"];
            steps.AddRange(directories.Select(directory => $"debugfs sif directories/{directory} flags 0x40080000"));
            steps.Add("e2fsck -fyD");
        }

        return steps;
    }

    private static void Make(ImageRecipe recipe, string image, string? tree)
    {
        List<string> arguments =
        [
            "-q", "-F", "-U", Identity, "-E", $"hash_seed={HashSeed},lazy_itable_init=0,nodiscard{(recipe.Extended.Length > 0 ? "," : "")}{recipe.Extended}",
            "-b", $"{recipe.BlockSize}", "-I", $"{recipe.InodeSize}", "-O", recipe.Features,
            .. recipe.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        if (tree is not null)
        {
            arguments.AddRange(["-d", tree]);
        }

        arguments.Add(image);
        ExternalTool.Run("env", [$"MKE2FS_CONFIG={ConfigurationPath}", "mke2fs", .. arguments]);
    }

    private static void Finish(IReadOnlyList<string> commands, string image)
    {
        foreach (string command in commands)
        {
            string[] words = command.Split(' ', 2);
            if (words[0] is "debugfs")
            {
                ExternalTool.Run("debugfs", "-w", "-R", words[1], image);
            }
            else if (words[0] is "e2fsck")
            {
                const int Repaired = 1;
                _ = ExternalTool.Try(words[0], [.. words[1].Split(' '), image]).Expect(Repaired);
            }
            else
            {
                ExternalTool.Run(words[0], [.. words[1].Split(' '), image]);
            }
        }
    }

    private static string PrepareRoot()
    {
        StringBuilder identity = new(ExternalTool.Try("mke2fs", "-V").Error);
        identity.Append(Environment.OSVersion.Version);
        string sources = Path.Combine(TestTree.Root, "tests", "integration", "Images");
        foreach (string file in Directory.GetFiles(sources, "Fill*.cs").Order(StringComparer.Ordinal))
        {
            identity.Append(File.ReadAllText(file));
        }

        string root = Path.Combine(Parent, $"images-{Digest(identity.ToString())[..12]}");
        Directory.CreateDirectory(root);
        Directory.SetLastAccessTimeUtc(root, DateTime.UtcNow);
        Prune();
        return root;
    }

    private static void Prune()
    {
        foreach (string directory in Directory.GetDirectories(Parent, "images-*"))
        {
            if (DateTime.UtcNow - Directory.GetLastAccessTimeUtc(directory) > TimeSpan.FromDays(KeptDays))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static string WriteConfiguration()
    {
        string path = Path.Combine(Path.GetTempPath(), $"ext4safety-mke2fs-{Environment.ProcessId}.conf");
        File.WriteAllText(path, "[defaults]\n\tbase_features = none\n\tenable_periodic_fsck = 0\n\tinode_ratio = 4096\n");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        return path;
    }

    private static string Digest(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
