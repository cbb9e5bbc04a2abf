using Fuse4fs.Mount;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Ext4Safety.Fuzz.Conversations;

/// <summary>A world in which a helper does things and nothing happens: rules watch what is done.</summary>
internal sealed class RecordedMounting(HelperRules rules) : IMounting
{
    private int _descriptors;

    /// <summary>What goes wrong in this world.</summary>
    public WorldFault Faults { get; private set; }

    public bool IsRoot { get; private set; }

    public bool MayAllowOthers { get; private set; }

    public string UserName => "alice";

    /// <summary>Begins another world.</summary>
    public void Begin(bool isRoot, bool mayAllowOthers, WorldFault faults)
    {
        (IsRoot, MayAllowOthers, Faults, _descriptors) = (isRoot, mayAllowOthers, faults, 0);
    }

    public SafeFileHandle Seal(ReadOnlySpan<byte> arguments)
    {
        SafeFileHandle file = Make();
        rules.Seals(arguments, file);
        return file;
    }

    public SafeFileHandle OpenFuse()
    {
        if (Faults.HasFlag(WorldFault.NoFuse))
        {
            throw new MountException("opening /dev/fuse", Errno.NotFound);
        }

        SafeFileHandle file = Make();
        rules.OpensFuse(file);
        return file;
    }

    public Errno TryOpen(string path, int flags, FileWants wants, uint blockSize, out SafeFileHandle? file)
    {
        Errno error = Faults.HasFlag(WorldFault.NoFiles) ? Errno.Busy : Errno.None;
        file = error == Errno.None ? Make() : null;
        rules.Opens(path, flags, wants, file, error);
        return error;
    }

    public void Begin(MountKind kind) => rules.Does(Deed.Begin, ((uint)kind).ToString(System.Globalization.CultureInfo.InvariantCulture), null, Errno.None);

    public void Configure(string key, string? value)
    {
        Errno error = Faults.HasFlag(WorldFault.NoOptions) ? Errno.Invalid : Errno.None;
        rules.Does(Deed.Configure, key, value, error);
        if (error != Errno.None)
        {
            throw new MountException($"the option {key}", error);
        }
    }

    public Errno Pin(string path, MountPointType type)
    {
        Errno error = type == MountPointType.RegularFile ? Errno.IsDirectory : Errno.None;
        rules.Does(Deed.Pin, path, null, error);
        return error;
    }

    public void Mount(KernelMountFlags flags)
    {
        rules.Mounts((uint)flags);
        if (Faults.HasFlag(WorldFault.NoMount))
        {
            throw new MountException("making the mount", Errno.Busy);
        }
    }

    public void Say(string message)
    {
        // Nobody reads it.
    }

    private SafeFileHandle Make() => ScriptedPeer.MakeDescriptor(_descriptors++);
}

/// <summary>What goes wrong in a helper's world.</summary>
[Flags]
internal enum WorldFault
{
    None = 0,

    /// <summary>The FUSE device cannot be opened.</summary>
    NoFuse = 1,

    /// <summary>Every file is busy.</summary>
    NoFiles = 2,

    /// <summary>The kernel takes no option.</summary>
    NoOptions = 4,

    /// <summary>The kernel does not mount.</summary>
    NoMount = 8,
}

/// <summary>What a helper does to describe a mount to the kernel.</summary>
internal enum Deed
{
    Begin,
    Configure,
    Pin,
}
