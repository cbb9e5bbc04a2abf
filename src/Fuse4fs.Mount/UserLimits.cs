using System.Globalization;
using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mount;

/// <summary>What a caller who is not root may do: the rules of fusermount3, and of its configuration.</summary>
/// <param name="MayAllowOthers">The line <c>user_allow_other</c>.</param>
/// <param name="MostMounts">The line <c>mount_max = N</c>; -1 for no limit.</param>
internal sealed record UserLimits(bool MayAllowOthers, int MostMounts)
{
    /// <summary>The system's words on what users may do.</summary>
    public const string Configuration = "/etc/fuse.conf";

    private const string Mounts = "/proc/self/mounts";
    private const int DefaultMostMounts = 1000, Sticky = 0x200;

    /// <summary>File systems that a user may mount over: those that hold users' files, and none that the kernel makes up.</summary>
    private static readonly HashSet<ulong> Holders =
    [
        0x61756673, 0x187, 0xCA451A4E, 0x9123683E, 0xC36400, 0xFF534D42, 0xF15F, 0x2011BAB0, 0xEF53, 0xF2F52010, 0x65735546, 0x1161970,
        0x47504653, 0x482B, 0x72B6, 0x3153464A, 0xBD00BD0, 0x4D44, 0x564C, 0x6969, 0x3434, 0x5346544E, 0x7366746E, 0x5346414F, 0x794C7630,
        0xAAD7AAEA, 0x52654973, 0xFE534D42, 0x73717368, 0x1021994, 0x24051905, 0x19031977, 0x736675005346544E, 0x58465342, 0x2FC12FC1,
        0x858458F6,
    ];

    /// <summary>Reads the configuration; a missing one has the defaults.</summary>
    public static UserLimits Read(string path = Configuration)
    {
        UserLimits limits = new(MayAllowOthers: false, DefaultMostMounts);
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return limits;
        }

        foreach (string line in lines)
        {
            string[] parts = line.Split('#')[0].Split('=', StringSplitOptions.TrimEntries);
            limits = parts switch
            {
                ["user_allow_other"] => limits with { MayAllowOthers = true },
                ["mount_max", { } number] when int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int most) =>
                    limits with { MostMounts = most },
                _ => limits,
            };
        }

        return limits;
    }

    /// <summary>Looks at the place to mount on.</summary>
    /// <exception cref="MountException">This caller may not mount there, or not once more.</exception>
    public void Check(SafeFileHandle target, string path)
    {
        if (MostMounts >= 0 && File.ReadLines(Mounts).Count(line => line.Split(' ')[2].StartsWith("fuse", StringComparison.Ordinal)) >= MostMounts)
        {
            throw new MountException($"more than {MostMounts} mounts", Errno.TooManyUsers);
        }

        ulong magic = Libc.FileSystemMagic(target);
        if (!Holders.Contains(magic))
        {
            throw new MountException(string.Create(CultureInfo.InvariantCulture, $"mounting over a file system of type 0x{magic:x} at {path}"), Errno.NotPermitted);
        }

        _ = Libc.Status(target, out FileStatus status);
        bool isSomebodyElses = (status.Mode & Sticky) != 0 && status.Owner != Libc.UserId();
        bool mayWrite = status.Kind != FileKind.Directory || (Libc.ChangeDirectory(target) == 0 && Libc.MayWriteHere());
        if (isSomebodyElses || !mayWrite)
        {
            throw new MountException($"the mount point {path} is not the caller's to write to", Errno.NotPermitted);
        }
    }
}
