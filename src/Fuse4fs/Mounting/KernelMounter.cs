using System.Globalization;
using System.Text;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mounting;

/// <summary>Mounts by the kernel's own calls: for root.</summary>
internal sealed class KernelMounter : IMounter
{
    private const string FuseType = "fuse";
    private const string RootMode = "40000";

    public FuseChannel Mount(MountRequest request)
    {
        SafeFileHandle device = FuseChannel.OpenDevice();
        if (device.IsInvalid)
        {
            throw new MountException($"cannot open {FuseChannel.DevicePath}: {Libc.Describe(Libc.LastError)}");
        }

        using (SafeFileHandle context = Libc.OpenContext(Libc.NumberFsopen, FuseType, Libc.FsopenCloseOnExec))
        {
            if (context.IsInvalid)
            {
                MountTheOldWay(request, device);
            }
            else
            {
                MountByContext(request, device, context);
            }
        }

        return new(device);
    }

    public void Unmount(MountRequest request) => _ = Libc.Unmount(request.MountPoint, Libc.UnmountDetach | Libc.UnmountNoFollow);

    private static void MountByContext(MountRequest request, SafeFileHandle device, SafeFileHandle context)
    {
        foreach ((string key, string? value) in OptionsOf(request, device).Concat(request.Contexts.Options.Select(option => (option.Key, (string?)option.Value))))
        {
            Configure(context, value is null ? Libc.FsconfigFlag : Libc.FsconfigString, key, value);
        }

        if (request.Source is not null)
        {
            Configure(context, Libc.FsconfigString, "source", request.Source);
        }

        if (request.Subtype is not null)
        {
            Configure(context, Libc.FsconfigString, "subtype", request.Subtype);
        }

        if (request.Flags.HasFlag(MountFlags.ReadOnly))
        {
            Configure(context, Libc.FsconfigFlag, "ro", value: null);
        }

        Configure(context, Libc.FsconfigCreate, key: null, value: null);
        using SafeFileHandle mount = Libc.MakeMount(Libc.NumberFsmount, context, Libc.FsmountCloseOnExec, (uint)request.Flags);
        if (mount.IsInvalid)
        {
            throw Failure("making the mount", context);
        }

        if (Libc.MoveMount(Libc.NumberMoveMount, mount, string.Empty, Libc.CurrentDirectory, request.MountPoint, Libc.MoveMountEmptyPath) < 0)
        {
            throw Failure($"attaching the mount to {request.MountPoint}", context);
        }
    }

    private static void Configure(SafeFileHandle context, uint command, string? key, string? value)
    {
        if (Libc.Configure(Libc.NumberFsconfig, context, command, key, value, auxiliary: 0) < 0)
        {
            throw Failure(command == Libc.FsconfigCreate ? "creating the connection" : $"option {key}={value}", context);
        }
    }

    /// <summary>The kernel explains itself in the context: a letter, a space and the reason.</summary>
    private static MountException Failure(string step, SafeFileHandle context)
    {
        Errno error = Libc.LastError;
        Span<byte> buffer = stackalloc byte[512];
        int count = (int)Libc.Read(context, buffer, (nuint)buffer.Length);
        string reason = count > 2 ? $": {Encoding.UTF8.GetString(buffer[2..count]).TrimEnd()}" : string.Empty;
        return new($"{step} failed: {Libc.Describe(error)}{reason}");
    }

    private static void MountTheOldWay(MountRequest request, SafeFileHandle device)
    {
        const uint noAccessTime = 0x400, noDirectoryAccessTime = 0x800, noSymbolicLinks = 0x100;
        const MountFlags sameInBoth = MountFlags.ReadOnly | MountFlags.NoSetUserId | MountFlags.NoDevices | MountFlags.NoExecution;
        uint flags = (uint)(request.Flags & sameInBoth)
            | (request.Flags.HasFlag(MountFlags.NoAccessTime) ? noAccessTime : 0)
            | (request.Flags.HasFlag(MountFlags.NoDirectoryAccessTime) ? noDirectoryAccessTime : 0)
            | (request.Flags.HasFlag(MountFlags.NoSymbolicLinks) ? noSymbolicLinks : 0);
        string type = request.Subtype is null ? FuseType : $"{FuseType}.{request.Subtype}";
        string options = string.Join(
            ',', OptionsOf(request, device).Select(option => option.Value is null ? option.Key : $"{option.Key}={option.Value}").Concat(request.Contexts.Words));
        if (Libc.Mount(request.Source ?? type, request.MountPoint, type, flags, options) < 0)
        {
            throw new MountException($"mounting on {request.MountPoint} failed: {Libc.Describe(Libc.LastError)}");
        }
    }

    private static IEnumerable<(string Key, string? Value)> OptionsOf(MountRequest request, SafeFileHandle device)
    {
        yield return ("fd", device.DangerousGetHandle().ToString(CultureInfo.InvariantCulture));
        yield return ("rootmode", RootMode);
        yield return ("user_id", Libc.EffectiveUserId().ToString(CultureInfo.InvariantCulture));
        yield return ("group_id", Libc.EffectiveGroupId().ToString(CultureInfo.InvariantCulture));
        if (request.ChecksPermissions)
        {
            yield return ("default_permissions", null);
        }

        if (request.AllowOther)
        {
            yield return ("allow_other", null);
        }

        if (request.MaxRead is uint maxRead)
        {
            yield return ("max_read", maxRead.ToString(CultureInfo.InvariantCulture));
        }
    }
}
