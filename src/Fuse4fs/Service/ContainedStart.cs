using Fuse4fs.Confinement;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Pressure;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Service;

/// <summary>A contained server that holds everything that it ever will, and has not yet read a byte of the volume.</summary>
/// <param name="Words">The type of the mount, then the helper's arguments.</param>
/// <param name="Plan">What they and the service's own arguments ask for.</param>
/// <param name="Files">What it holds.</param>
/// <param name="Pressure">When to give memory back.</param>
/// <param name="Channel">The FUSE device, not yet mounted.</param>
/// <param name="IsSynchronous">The mount call will wait for the first answer.</param>
internal sealed record ContainedStart(IReadOnlyList<string> Words, MountPlan Plan, ServedFiles Files, PressureWatch Pressure, FuseChannel Channel, bool IsSynchronous)
{
    /// <summary>Talks to the helper until nothing more is needed; no descriptor comes in after that.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="helper">The conversation over it.</param>
    /// <param name="ownArguments">This process's own command line.</param>
    /// <param name="log">Where events are told.</param>
    public static ContainedStart Collect(PacketSocket socket, HelperConversation helper, IReadOnlyList<string> ownArguments, EventLog log)
    {
        HelperGrants grants = helper.Greet();
        using SafeFileHandle arguments = helper.ReceiveArguments();
        SafeFileHandle device = helper.ReceiveDevice();
        IReadOnlyList<string> words = PassedArguments.Read(arguments);
        MountPlan plan = ServicePlan.Of(ownArguments, words, grants);
        OutOfMemoryScore.Adjust(plan.OomScoreAdjustment, log);
        ServedFiles files = ServedFiles.Ask(helper, plan, grants, VolumeServer.WorkerCountOf(plan), log);
        PressureWatch pressure = PressureWatch.Ask(helper);
        FuseChannel channel = new(device, () => files.Spares.TryDequeue(out SafeFileHandle? spare) ? spare : new(-1, ownsHandle: true));

        // A helper whose caller is not root may mount by means that know nothing of this.
        bool isSynchronous = grants.HasFlag(HelperGrants.BlockMount) && channel.TryStartSynchronously();
        socket.RefuseDescriptors();
        _ = Libc.ChangeDirectory("/");
        return new(words, plan, files, pressure, channel, isSynchronous);
    }

    /// <summary>Gives up everything that serving does not need. Only then may the volume be read.</summary>
    /// <param name="socket">The connection, which stays.</param>
    /// <param name="log">Where it is told what is in force.</param>
    /// <exception cref="LockdownException">Something essential could not be given up, and the command line does not allow that.</exception>
    public void LockDown(PacketSocket socket, EventLog log)
    {
        try
        {
            log.Write(Severity.Info, "contained", ("report", Lockdown.Apply(new(Environment.ProcessId, socket.Descriptor, Files.Descriptors))));
        }
        catch (LockdownException failure) when (Plan.Insecure)
        {
            log.Write(Severity.Warning, "insecure", ("report", $"the volume is parsed all the same, as the command line says: {failure.Message}"));
        }
    }
}
