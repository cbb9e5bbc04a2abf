using Fuse4fs.Mount;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Mount;

/// <summary>What the kernel itself says to the helper, where this machine lets us ask.</summary>
public sealed class KernelMountingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fuse4fs-mounting-").FullName;

    public void Dispose() => Directory.Delete(_directory);

    [MountFact]
    public void A_block_mount_that_the_kernel_refuses_names_the_step_and_the_reason()
    {
        using KernelMounting mounting = Begun(MountKind.Block, "/dev/null");
        MountException refusal = Assert.Throws<MountException>(() => mounting.Mount(KernelMountFlags.ReadOnly));
        Assert.StartsWith("making the fuseblk superblock (", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.NotBlockDevice, refusal.Error);
    }

    [MountFact]
    public void An_option_that_the_kernel_refuses_comes_with_its_reason()
    {
        using KernelMounting mounting = Begun(MountKind.Plain, "label");
        MountException refusal = Assert.Throws<MountException>(() => mounting.Configure("nosuch", "1"));
        Assert.StartsWith("the option nosuch=1 (", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Unknown parameter 'nosuch'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.Invalid, refusal.Error);
    }

    [MountFact]
    public void With_f_nothing_is_mounted()
    {
        using KernelMounting mounting = Begun(MountKind.Plain, "label", "-f");
        mounting.Mount(KernelMountFlags.ReadOnly);
        Assert.DoesNotContain(File.ReadLines("/proc/self/mounts"), line => line.Contains(_directory, StringComparison.Ordinal));
    }

    private KernelMounting Begun(MountKind kind, string source, params string[] words)
    {
        KernelMounting mounting = new(CommandLine.Parse(["/dev/null", _directory, .. words]));
        _ = mounting.OpenFuse();
        mounting.Begin(kind);
        mounting.Configure("source", source);
        Assert.Equal(Errno.None, mounting.Pin(_directory, MountPointType.Directory));
        return mounting;
    }
}

/// <summary>A test that describes mounts to the kernel.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = Reason();

    private static string? Reason()
    {
        if (!File.Exists("/dev/fuse"))
        {
            return "needs /dev/fuse";
        }

        using SafeFileHandle context = Libc.OpenContext(Libc.NumberFsopen, "fuse", Libc.FsopenCloseOnExec);
        return context.IsInvalid ? "needs the right to mount" : null;
    }
}
