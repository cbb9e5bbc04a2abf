using System.Diagnostics;
using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Safety.Benchmarks;

/// <summary>An ext4 volume in memory, made by e2fsprogs: a large indexed directory, a small one, a plain file and a
/// fragmented one.</summary>
internal sealed class SampleVolume
{
    public const int LargeCount = 20_000;
    public const int SmallCount = 100;
    public const int FragmentCount = 2_000;
    public const int DataBytes = 16 << 20;
    public const int BlockSize = 4096;

    private const long ImageBytes = 128L << 20;

    public SampleVolume()
    {
        Device = new(Build());
        Volume = Volume.Mount(Device, new VolumeOptions());
        Workspace = Volume.CreateWorkspace();
        Large = Find("large"u8);
        Small = Find("small"u8);
        Data = Find("data"u8);
        Fragmented = Find("fragmented"u8);
    }

    public MemoryBlockDevice Device { get; }

    public Volume Volume { get; }

    public Workspace Workspace { get; }

    public InodeNumber Large { get; }

    public InodeNumber Small { get; }

    public InodeNumber Data { get; }

    public InodeNumber Fragmented { get; }

    private InodeNumber Find(ReadOnlySpan<byte> name) =>
        Volume.Lookup(Workspace, InodeNumber.Root, name, out InodeNumber child) == FsError.None
            ? child
            : throw new InvalidOperationException("the sample volume lacks an entry");

    private static byte[] Build()
    {
        string work = Directory.CreateTempSubdirectory("ext4safety-bench").FullName;
        try
        {
            string tree = Path.Combine(work, "tree");
            string image = Path.Combine(work, "image");
            Fill(tree);
            Run("mke2fs", "-q", "-t", "ext4", "-b", $"{BlockSize}", "-N", "30000", "-d", tree, image, $"{ImageBytes >> 10}k");
            Run("e2fsck", "-fyD", image);
            return File.ReadAllBytes(image);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static void Fill(string tree)
    {
        FillDirectory(Path.Combine(tree, "large"), LargeCount);
        FillDirectory(Path.Combine(tree, "small"), SmallCount);
        byte[] data = new byte[DataBytes];
        new Random(1).NextBytes(data);
        File.WriteAllBytes(Path.Combine(tree, "data"), data);
        using FileStream fragmented = File.Create(Path.Combine(tree, "fragmented"));
        for (int fragment = 0; fragment < FragmentCount; fragment++)
        {
            fragmented.Position = fragment * 2L * BlockSize;
            fragmented.Write(data, fragment * BlockSize, BlockSize);
        }
    }

    private static void FillDirectory(string directory, int count)
    {
        _ = Directory.CreateDirectory(directory);
        for (int index = 0; index < count; index++)
        {
            File.WriteAllBytes(Path.Combine(directory, $"entry-{index:d6}"), []);
        }
    }

    /// <summary>e2fsck answers 1 where it changed something, as it was asked to.</summary>
    private static void Run(string command, params string[] arguments)
    {
        ProcessStartInfo start = new(command, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        using Process process = Process.Start(start)
            ?? throw new InvalidOperationException($"{command} did not start");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode > 1)
        {
            throw new InvalidOperationException($"{command} ended with {process.ExitCode}: {output}");
        }
    }
}
