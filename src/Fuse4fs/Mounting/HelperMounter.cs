using System.Globalization;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mounting;

/// <summary>Mounts through <c>fusermount3</c>, which has the rights that its caller lacks and hands the connection over.</summary>
internal sealed class HelperMounter : IMounter
{
    private const string Helper = "fusermount3";
    private const string SocketVariable = "_FUSE_COMMFD";

    public FuseChannel Mount(MountRequest request)
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = ChildProcess.MakeSocketPair();
        using (ours)
        {
            ChildProcess helper;
            using (theirs)
            {
                string number = theirs.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
                helper = ChildProcess.Start(Helper, ["-o", OptionsOf(request), "--", request.MountPoint], (SocketVariable, number));
            }

            SafeFileHandle device = Libc.ReceiveDescriptor(ours);
            int exitCode = helper.Wait();
            return device.IsInvalid
                ? throw new MountException($"{Helper} did not mount on {request.MountPoint}: it ended with {exitCode}")
                : new(device);
        }
    }

    public void Unmount(MountRequest request) => _ = ChildProcess.Start(Helper, ["-u", "-z", "-q", "--", request.MountPoint]).Wait();

    private static string OptionsOf(MountRequest request)
    {
        List<string> options = [];
        AddIf(options, request.Flags.HasFlag(MountFlags.ReadOnly), "ro");
        AddIf(options, request.Flags.HasFlag(MountFlags.NoSetUserId), "nosuid");
        AddIf(options, request.Flags.HasFlag(MountFlags.NoDevices), "nodev");
        AddIf(options, request.Flags.HasFlag(MountFlags.NoExecution), "noexec");
        AddIf(options, request.Flags.HasFlag(MountFlags.NoAccessTime), "noatime");
        AddIf(options, request.ChecksPermissions, "default_permissions");
        AddIf(options, request.AllowOther, "allow_other");
        AddIf(options, request.Source is not null, $"fsname={OptionList.Escape(request.Source ?? string.Empty)}");
        AddIf(options, request.Subtype is not null, $"subtype={OptionList.Escape(request.Subtype ?? string.Empty)}");
        AddIf(options, request.MaxRead is not null, string.Create(CultureInfo.InvariantCulture, $"max_read={request.MaxRead}"));
        options.AddRange(request.Contexts.Words);
        return string.Join(',', options);
    }

    private static void AddIf(List<string> options, bool condition, string option)
    {
        if (condition)
        {
            options.Add(option);
        }
    }
}
