using System.Text;

namespace Ext4Safety.SystemBench;

/// <summary>What every server serves: the same names, sizes and numbers everywhere.</summary>
internal static class Tree
{
    public const int DirectoryCount = 100;
    public const int FilesPerDirectory = 100;
    public const int FileBytes = 1024;
    public const int NameCount = 200_000;
    public const long BigBytes = 128L << 20;

    public static string DirectoryName(int index) => $"d{index:d3}";

    public static string FileName(int index) => $"f{index:d3}";

    public static string EntryName(int index) => $"entry-{index:d6}";

    /// <summary>A path as the system calls want it.</summary>
    public static byte[] Native(string path) => Encoding.UTF8.GetBytes(path + '\0');

    /// <summary>Fills a mounted, empty volume.</summary>
    public static void Fill(string root)
    {
        Random random = new(1);
        byte[] chunk = new byte[1 << 20];
        using (FileStream big = File.Create(Path.Combine(root, "big")))
        {
            for (long written = 0; written < BigBytes; written += chunk.Length)
            {
                random.NextBytes(chunk);
                big.Write(chunk);
            }
        }

        for (int directory = 0; directory < DirectoryCount; directory++)
        {
            string path = Directory.CreateDirectory(Path.Combine(root, "tree", DirectoryName(directory))).FullName;
            for (int file = 0; file < FilesPerDirectory; file++)
            {
                File.WriteAllBytes(Path.Combine(path, FileName(file)), chunk[..FileBytes]);
            }
        }

        string names = Directory.CreateDirectory(Path.Combine(root, "names")).FullName;
        for (int index = 0; index < NameCount; index++)
        {
            File.Create(Path.Combine(names, EntryName(index)), bufferSize: 0).Dispose();
        }
    }
}
