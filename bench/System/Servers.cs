namespace Ext4Safety.SystemBench;

/// <summary>The servers that exist on this machine.</summary>
/// <param name="output">Where the published binaries are.</param>
/// <param name="work">Where mount points go.</param>
/// <param name="images">What they serve.</param>
/// <param name="chosen">The only ones wanted; null for all.</param>
internal sealed class Servers(string output, string work, Images images, string[]? chosen)
{
    private int _mountPoints;

    /// <summary>All of them, each on its own copy of the filled volume or on its own idea of the same tree.</summary>
    public IEnumerable<Lane> ForTheTree()
    {
        if (Has(Lanes.Ours))
        {
            yield return Ours(images.CopyFor(Lanes.Ours));
        }

        if (Has(Lanes.Contained))
        {
            yield return Contained(images.CopyFor(Lanes.Contained));
        }

        if (Has(Lanes.Null))
        {
            yield return new ProcessLane(Lanes.Null, NewMountPoint(), Binary(Lanes.Null), NewestMountPoint());
        }

        if (Has(Lanes.Floor))
        {
            yield return new ProcessLane(Lanes.Floor, NewMountPoint(), Binary(Lanes.Floor), NewestMountPoint());
        }

        if (Has(Lanes.Fuse2fs))
        {
            yield return Fuse2fs(images.CopyFor(Lanes.Fuse2fs));
        }

        if (Has(Lanes.Kernel))
        {
            yield return new KernelLane(NewMountPoint(), images.CopyFor(Lanes.Kernel)).Attach();
        }
    }

    /// <summary>A small volume and a huge one.</summary>
    public IEnumerable<StartTime> MeasureStarts(int rounds)
    {
        Console.WriteLine("bench: starts");
        return
        [
            .. StartTime.Measure("64 MiB", rounds, () => ForVolume(images.Small)),
            .. StartTime.Measure("16 TiB, sparse", rounds, () => ForVolume(Images.Huge)),
        ];
    }

    private IEnumerable<Lane> ForVolume(string image)
    {
        if (Has(Lanes.Ours))
        {
            yield return Ours(image);
        }

        if (Has(Lanes.Contained))
        {
            yield return Contained(image);
        }

        if (Has(Lanes.Fuse2fs))
        {
            yield return Fuse2fs(image);
        }

        if (Has(Lanes.Kernel))
        {
            yield return new KernelLane(NewMountPoint(), image).Attach();
        }
    }

    private ProcessLane Ours(string image) => new(Lanes.Ours, NewMountPoint(), Binary(Lanes.Ours), image, NewestMountPoint(), "-f");

    private ContainedLane Contained(string image) => new(NewMountPoint(), Binary(Lanes.Contained), image);

    private ProcessLane Fuse2fs(string image) => new(Lanes.Fuse2fs, NewMountPoint(), Binary(Lanes.Fuse2fs), image, NewestMountPoint(), "-f", "-o", "ro");

    private bool Has(string lane) =>
        (chosen is null || chosen.Contains(lane)) && (lane is Lanes.Kernel || File.Exists(Binary(lane)));

    private string Binary(string lane) => lane switch
    {
        Lanes.Ours => Path.Combine(output, "fuse4fs"),
        Lanes.Contained => Path.Combine(output, "fuse4fs-mount"),
        Lanes.Null => Path.Combine(output, "nullserver"),
        Lanes.Floor => Path.Combine(output, "floor"),
        _ => "/usr/bin/fuse2fs",
    };

    private string NewMountPoint()
    {
        _mountPoints++;
        return NewestMountPoint();
    }

    private string NewestMountPoint() => Path.Combine(work, $"{_mountPoints}");
}
