using Fuse4fs.Confinement;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Service;

/// <summary>A contained server that holds everything that it ever will, can do nothing else any more, and has not yet read a byte of
/// the volume.</summary>
/// <param name="Plan">What was asked for.</param>
/// <param name="Files">What it holds.</param>
/// <param name="Channel">The FUSE device, not yet mounted.</param>
/// <param name="IsSynchronous">The mount call will wait for the first answer.</param>
internal sealed record ContainedStart(MountPlan Plan, ServedFiles Files, FuseChannel Channel, bool IsSynchronous)
{
    /// <summary>Talks to the helper until nothing more is needed, and locks this process down.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="helper">The conversation over it.</param>
    /// <param name="ownArguments">This process's own command line.</param>
    /// <param name="log">Where events are told.</param>
    /// <param name="beforeLockdown">What has to be done while it still can be.</param>
    public static ContainedStart Prepare(
        PacketSocket socket, HelperConversation helper, IReadOnlyList<string> ownArguments, EventLog log, Action beforeLockdown)
    {
        HelperGrants grants = helper.Greet();
        using SafeFileHandle arguments = helper.ReceiveArguments();
        SafeFileHandle device = helper.ReceiveDevice();
        MountPlan plan = ServicePlan.Of(ownArguments, PassedArguments.Read(arguments), grants);
        OutOfMemoryScore.Adjust(plan.OomScoreAdjustment, log);
        ServedFiles files = ServedFiles.Ask(helper, plan, grants, VolumeServer.WorkerCountOf(plan), log);
        FuseChannel channel = new(device, () => files.Spares.TryDequeue(out SafeFileHandle? spare) ? spare : new(-1, ownsHandle: true));

        // A helper whose caller is not root may mount by means that know nothing of this.
        bool isSynchronous = grants.HasFlag(HelperGrants.BlockMount) && channel.TryStartSynchronously();
        socket.RefuseDescriptors();
        _ = Libc.ChangeDirectory("/");
        beforeLockdown();
        Confine(new(Environment.ProcessId, socket.Descriptor, files.Descriptors), plan.Insecure, log);
        return new(plan, files, channel, isSynchronous);
    }

    private static void Confine(ConfinedProcess process, bool mayFail, EventLog log)
    {
        try
        {
            log.Write(Severity.Info, "contained", ("report", Lockdown.Apply(process)));
        }
        catch (LockdownException failure) when (mayFail)
        {
            log.Write(Severity.Warning, "insecure", ("report", $"the volume is parsed all the same, as the command line says: {failure.Message}"));
        }
    }
}
