using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Dispatch;

/// <summary>The connection could not be set up, and the message says why.</summary>
internal sealed class NegotiationException(string message) : Exception(message);

/// <summary>The first request and its answer: what kernel and server may expect of each other.</summary>
internal static class Negotiation
{
    /// <summary>The largest read or write, in bytes.</summary>
    public const int MaxTransfer = 1 << 20;

    /// <summary>As many pages as that are.</summary>
    public const int MostPages = MaxTransfer / PageBuffer.PageSize;

    /// <summary>Requests that the kernel keeps in flight on its own account, and how many of them count as a jam.</summary>
    private const ushort MaxBackground = 64, Congestion = 48;

    private const InitFlags Wanted = InitFlags.AsyncRead | InitFlags.ExportSupport | InitFlags.BigWrites
        | InitFlags.ParallelDirectoryOperations | InitFlags.DirectoryPlus | InitFlags.DirectoryPlusAuto | InitFlags.AsyncDirectIo
        | InitFlags.NoOpenSupport | InitFlags.NoOpenDirectorySupport | InitFlags.MaxPages | InitFlags.CacheSymbolicLinks
        | InitFlags.SetXattrExtended | InitFlags.Extended;

    /// <summary>Waits for the first request and answers it: afterwards the mount works.</summary>
    /// <param name="channel">The connection.</param>
    /// <param name="request">Memory for the request.</param>
    /// <param name="reply">Memory for the reply.</param>
    /// <param name="evaluatesLists">The kernel shall evaluate access control lists.</param>
    /// <param name="timeGranularity">In nanoseconds.</param>
    /// <param name="mostPages">Pages in the largest read.</param>
    /// <returns>What both sides agreed on.</returns>
    /// <exception cref="NegotiationException">The kernel is too old, or the mount ended before it began.</exception>
    public static InitFlags Run(
        FuseChannel channel, Span<byte> request, Span<byte> reply, bool evaluatesLists, uint timeGranularity, int mostPages)
    {
        InitFlags wanted = evaluatesLists ? Wanted | InitFlags.AccessControlLists : Wanted;
        for (;;)
        {
            Errno error = channel.Receive(request, out int count);
            if (error != Errno.None)
            {
                throw new NegotiationException($"the mount ended before it began: {Libc.Describe(error)}");
            }

            if (!Request.TryParse(request[..count], out Request first) || first.Opcode != Opcode.Initialize
                || !InitRequest.TryParse(first.Body, out InitRequest offer))
            {
                throw new NegotiationException("the kernel's first request is not INIT");
            }

            if (offer.Major < InitReply.ProtocolMajor || (offer.Major == InitReply.ProtocolMajor && offer.Minor < InitReply.OldestMinor))
            {
                _ = channel.Send(reply[..ReplyHeader.PutError(reply, first.Unique, Errno.Protocol)]);
                throw new NegotiationException(
                    $"the kernel speaks FUSE {offer.Major}.{offer.Minor}, and 7.{InitReply.OldestMinor} (Linux 5.4) is needed");
            }

            InitFlags agreed = wanted & offer.Flags;
            Send(channel, reply, first.Unique, SettingsFor(offer, agreed, timeGranularity, mostPages));

            // A newer major: the kernel reads our own and asks again in our language.
            if (offer.Major == InitReply.ProtocolMajor)
            {
                return agreed;
            }
        }
    }

    private static InitReply SettingsFor(in InitRequest offer, InitFlags agreed, uint timeGranularity, int mostPages) => new()
    {
        MaxReadahead = offer.MaxReadahead,
        Flags = agreed,
        MaxBackground = MaxBackground,
        CongestionThreshold = Congestion,
        MaxWrite = MaxTransfer,
        TimeGranularity = timeGranularity,
        MaxPages = (ushort)mostPages,
    };

    private static void Send(FuseChannel channel, Span<byte> reply, ulong unique, InitReply settings)
    {
        int length = settings.Put(reply[ReplyHeader.Size..]);
        Errno error = channel.Send(reply[..ReplyHeader.PutSuccess(reply, unique, length)]);
        if (error != Errno.None)
        {
            throw new NegotiationException($"the kernel refused the settings: {Libc.Describe(error)}");
        }
    }
}
