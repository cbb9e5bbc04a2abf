using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Images;

/// <summary>The collection of real images beside the repository, unpacked on demand.</summary>
internal static class SharedImage
{
    private const string Suffix = ".img.zst";

    /// <summary>Every image of the collection, without suffix.</summary>
    public static IEnumerable<string> Names => Directory.GetFiles(Machine.SharedImages, $"*{Suffix}")
        .Select(path => Path.GetFileName(path)[..^Suffix.Length])
        .Order(StringComparer.Ordinal);

    /// <summary>The unpacked image. Nobody writes to it.</summary>
    public static string Get(string name)
    {
        string directory = Path.Combine(ImageCache.Parent, "shared");
        Directory.CreateDirectory(directory);
        string packed = Path.Combine(Machine.SharedImages, name + Suffix);
        string image = Path.Combine(directory, $"{name}.img");
        if (!File.Exists(image) || File.GetLastWriteTimeUtc(image) < File.GetLastWriteTimeUtc(packed))
        {
            string scratch = $"{image}.{Environment.ProcessId}";
            ExternalTool.Run("zstd", "-d", "-q", "-f", packed, "-o", scratch);
            File.Move(scratch, image, overwrite: true);
            File.SetLastWriteTimeUtc(image, DateTime.UtcNow);
        }

        return image;
    }
}
