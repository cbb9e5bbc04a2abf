using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;

namespace Ext4Safety.NullServer;

/// <summary>The server's transport over a tree that costs nothing: what is left is the price of the protocol.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 1)
        {
            Console.Error.WriteLine("nullserver MOUNTPOINT");
            return 1;
        }

        EventLog log = new(new StandardErrorLog());
        MountPlan plan = new("null", arguments[0]);
        MountRequest request = new(
            MountDirectory.Resolve(plan.MountPoint),
            plan.Device,
            plan.Device,
            plan.Flags | MountFlags.ReadOnly,
            plan.ChecksPermissions,
            plan.AllowOther,
            plan.MaxRead,
            plan.Contexts);
        FuseChannel channel = new KernelMounter().Mount(request);
        using Worker<NullService> first = new(channel, default, log, Observation.None);
        _ = Negotiation.Run(channel, first.RequestBuffer, first.ReplyBuffer, evaluatesLists: false, timeGranularity: 1, Negotiation.MostPages);
        using Session<NullService> session = new(
            channel, first, () => default, Session<NullService>.DefaultWorkerCount, log, Observation.None);
        session.Start();
        ReadAhead.Raise(MountTable.DeviceAt(request.MountPoint));
        _ = session.Ended.WaitOne();
        session.Report();
        return 0;
    }
}
