using System.Globalization;
using Ext4Core;
using Ext4Core.Integrity;
using Fuse4fs.Confinement;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Service;

/// <summary>The life of one contained mount. Whatever the server needs, the helper opens; after the last of it nothing comes in any
/// more, and only then is the first byte of the volume read.</summary>
/// <param name="connection">The socket that the helper is at the other end of.</param>
/// <param name="ownArguments">This process's own command line.</param>
/// <param name="log">Where events are told.</param>
internal sealed class ServiceCommand(SafeFileHandle connection, IReadOnlyList<string> ownArguments, EventLog log)
{
    /// <summary>Success, and the one failure: a helper takes other codes for messages of its own.</summary>
    private const int Success = 0, Failure = 1;

    /// <summary>The helper may wait for a user's device, or for the kernel.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan JournalDelay = TimeSpan.FromSeconds(2);

    /// <summary>Runs to the end of the mount, if this process was started for one.</summary>
    /// <returns>The exit code; null where it was started otherwise.</returns>
    public static int? RunIfActivated(IReadOnlyList<string> ownArguments, EventLog log)
    {
        try
        {
            return Activation.Take() is { } connection ? new ServiceCommand(connection, ownArguments, log).Run() : null;
        }
        catch (ProtocolException broken)
        {
            log.Write(Severity.Error, "activation", ("reason", broken.Message));
            return Failure;
        }
    }

    private int Run()
    {
        HelperConversation? helper = null;
        try
        {
            using PacketSocket socket = PacketSocket.Over(connection, Patience);
            helper = new(socket);
            return Serve(socket, helper) == ExitCode.Success ? Success : Failure;
        }
        catch (ProtocolException broken)
        {
            log.Write(Severity.Error, "conversation", ("reason", broken.Message));
            return Failure;
        }
        finally
        {
            if (StandardErrorLog.IsJournal)
            {
                // Lines of a process that is gone cannot be told to be the unit's: the journal gets time to read the last of them.
                Thread.Sleep(JournalDelay);
            }
        }
    }

    private int Serve(PacketSocket socket, HelperConversation helper)
    {
        try
        {
            using StopRequest stop = new();
            ContainedStart start = ContainedStart.Collect(socket, helper, ownArguments, log);
            stop.ListenToSignals();
            ProcessTitle? title = ProcessTitle.Find();
            string text = TitleOf(start.Words);
            title?.Show(text);
            start.LockDown(socket, log);
            MountPlan plan = start.Plan;
            VolumeServer server = new(plan, stop, log);
            using Volume volume = server.Open(start.Files.Device, start.Files.Journal);
            using Session<VolumeService> session = Mount(helper, plan, start.Files.Kind, start.IsSynchronous, volume.Geometry.BlockSize, () =>
            {
                Session<VolumeService> negotiated = server.Negotiate(volume, start.Channel);
                negotiated.Start();
                return negotiated;
            });
            helper.Leave();
            socket.Dispose();
            server.Announce(volume, plan.MountPoint);
            start.Pressure.Start(() => volume.GiveBackMemory(Libc.GiveBack));

            // Whoever stops the server and not the mount leaves a mount behind that answers ENOTCONN: it is in another's tree.
            int exitCode = server.Serve(session, () => false);
            title?.Show($"{text} [cleaning up]");
            return exitCode;
        }
        catch (Exception refusal) when (refusal is CorruptionException or UnsupportedFeatureException or DeviceException
            or MountException or NegotiationException or UsageException or LockdownException)
        {
            log.Write(Severity.Error, "refused", ("reason", refusal.Message));
            helper.Refuse(refusal.Message);
            return ExitCode.MountFailed;
        }
    }

    /// <summary>The command line that would ask for the same: whoever lists processes sees which volume each server has.</summary>
    private string TitleOf(IReadOnlyList<string> words) =>
        string.Join(' ', [Environment.GetCommandLineArgs()[0], "-t", words[0], .. ownArguments, .. words.Skip(1)]);

    /// <summary>Has the mount made that was described.</summary>
    private static Session<VolumeService> Mount(
        HelperConversation helper, MountPlan plan, MountKind kind, bool isSynchronous, int blockSize, Func<Session<VolumeService>> negotiate)
    {
        MountDescription.Send(helper, plan, kind, blockSize);
        KernelMountFlags flags = KernelOptions.FlagsOf(plan);
        if (!isSynchronous)
        {
            MountDescription.Expect(helper.Mount(flags), "the mount");
            return negotiate();
        }

        // The mount waits for the first answer, so another thread gives it.
        Task<Session<VolumeService>> negotiation = Task.Factory.StartNew(
            negotiate, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Errno error = helper.Mount(flags);
        if (error != Errno.None && negotiation.IsFaulted)
        {
            _ = negotiation.GetAwaiter().GetResult();
        }

        MountDescription.Expect(error, "the mount");
        return negotiation.GetAwaiter().GetResult();
    }
}
