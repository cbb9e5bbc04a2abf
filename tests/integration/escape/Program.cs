using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Fuse4fs.Service;
using Microsoft.Win32.SafeHandles;

namespace Ext4Safety.Escape;

/// <summary>The server, taken over: it starts as the server does, locks itself down with the server's own code, and then tries to
/// get out in place of reading the volume. Each attempt is announced, and then told how it ended: a line of the first kind without
/// one of the second is an attempt that killed the process.</summary>
/// <remarks>Words among the mount's options: <c>x-escape.first=N</c> leaves out what was tried before, and
/// <c>x-escape.unlocked</c> the lockdown. Without it, attempts that are harmless must be seen to work; descriptors are then let in
/// again, so that the helper's own refusals are all that is left.</remarks>
internal static class Program
{
    private const string UnlockedWord = "x-escape.unlocked", FirstWord = "x-escape.first=", Succeeded = "SUCCEEDED", Unanswered = "unanswered";

    private static readonly SafeFileHandle StandardError = new(2, ownsHandle: false);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static int Main(string[] arguments)
    {
        if (arguments.Contains("--version", StringComparer.Ordinal))
        {
            Say($"escape execute-itself: {Succeeded}");
            return 0;
        }

        if (Activation.Take() is not { } connection)
        {
            Say("escape: a mount helper starts this program, in place of the server");
            return 1;
        }

        // In a process namespace of its own the server is the first, and the next one stands for a parent that it cannot see.
        nint parent = Kernel.Call(Number.Getppid) is > 0 and var number ? number : 2;
        EventLog log = new(new StandardErrorLog());
        using PacketSocket socket = PacketSocket.Over(connection, Patience);
        ContainedStart start = ContainedStart.Collect(socket, new(socket), [], log);
        string[] words = start.Plan.TableOptions.Split(',');
        bool isUnlocked = words.Contains(UnlockedWord, StringComparer.Ordinal);
        if (isUnlocked)
        {
            _ = Libc.SetSocketOption(connection, Libc.OptionPassRights, 1);
        }
        else
        {
            start.LockDown(socket, log);
        }

        Attempt[] attempts = [.. Attempts.All.Where(attempt => attempt.IsHarmless || !isUnlocked)];
        Loot loot = new(socket.Descriptor, start.Channel.Device.DangerousGetHandle(), start.Files.Descriptors[0], parent);
        int first = FirstOf(words);
        foreach (Attempt attempt in attempts.Skip(first))
        {
            Tell(attempt.Name, () => attempt.Try(loot) is < 0 and var result ? Kernel.NameOf((int)-result) : Succeeded);
        }

        // A forgery leaves the conversation in whatever state: one for each start.
        Forgery? forgery = Forgery.All(start.Plan.Device, start.Plan.MountPoint).ElementAtOrDefault(Math.Max(0, first - attempts.Length));
        if (forgery is null)
        {
            Say("escape: that was all");
        }
        else
        {
            Tell(forgery.Name, () => Send(forgery, socket));
        }

        return 1;
    }

    private static void Tell(string name, Func<string> outcome)
    {
        Say($"escape {name}?");
        Say($"escape {name}: {outcome()}");
    }

    /// <summary>Sends the packets; each but the last must be answered well.</summary>
    private static string Send(Forgery forgery, PacketSocket socket)
    {
        byte[] buffer = new byte[Limits.PacketBytes];
        for (int index = 0; ; index++)
        {
            bool isLast = index == forgery.Packets.Count - 1;
            string outcome;
            try
            {
                socket.Send(forgery.Packets[index], isLast && forgery.CarriesDescriptor ? StandardError : null);
                outcome = OutcomeOf(socket.Receive(buffer, out SafeFileHandle? file), file);
            }
            catch (ProtocolException)
            {
                outcome = Unanswered;
            }

            if (isLast || !string.Equals(outcome, Succeeded, StringComparison.Ordinal))
            {
                return isLast ? outcome : $"a packet before it: {outcome}";
            }
        }
    }

    /// <summary>Every answer is a kind, an error number, and perhaps more.</summary>
    private static string OutcomeOf(ReadOnlySpan<byte> answer, SafeFileHandle? file)
    {
        int error = BinaryPrimitives.ReadInt32BigEndian(answer[sizeof(uint)..]);
        return file is null && error != 0 ? Kernel.NameOf(error) : Succeeded;
    }

    private static int FirstOf(string[] words)
    {
        string? word = words.FirstOrDefault(word => word.StartsWith(FirstWord, StringComparison.Ordinal));
        return word is null ? 0 : int.Parse(word.AsSpan(FirstWord.Length), CultureInfo.InvariantCulture);
    }

    /// <summary>To standard error, by the call that serving uses.</summary>
    private static void Say(string line)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(line + '\n');
        _ = Libc.Write(StandardError, bytes, (nuint)bytes.Length);
    }
}
