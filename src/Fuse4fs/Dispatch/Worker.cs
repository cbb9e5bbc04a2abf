using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Dispatch;

/// <summary>What is told of single requests.</summary>
[Flags]
internal enum Observation
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A line for each request.</summary>
    Trace = 1,

    /// <summary>What each kind of request costs.</summary>
    Timing = 2,
}

/// <summary>One thread that serves: read a request, answer it, again. All of its memory is taken here, once.</summary>
/// <param name="channel">Where requests come from and replies go to.</param>
/// <param name="service">What answers this worker's requests.</param>
/// <param name="log">Where protocol errors are told.</param>
/// <param name="observation">What is told of single requests.</param>
internal sealed class Worker<TService>(FuseChannel channel, TService service, EventLog log, Observation observation) : IDisposable
    where TService : struct, IService
{
    /// <summary>The kernel's rule: room for the largest write and everything in front of it.</summary>
    private const int RequestBytes = Negotiation.MaxTransfer + PageBuffer.PageSize;

    /// <summary>A body starts at a page, its header just before: what is read from the device lands aligned.</summary>
    private const int ReplyStart = PageBuffer.PageSize - ReplyHeader.Size;

    private readonly PageBuffer _request = new(RequestBytes);
    private readonly PageBuffer _reply = new(PageBuffer.PageSize + Negotiation.MaxTransfer);
    private readonly TService _service = service;

    /// <summary>What requests cost, where that was asked for.</summary>
    public RequestMeter? Meter { get; } = observation.HasFlag(Observation.Timing) ? new() : null;

    /// <summary>Requests answered.</summary>
    public long RequestCount { get; private set; }

    /// <summary>Bytes of managed memory that serving allocated.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>The memory for requests, before serving begins.</summary>
    public Span<byte> RequestBuffer => _request.Bytes;

    /// <summary>The memory for replies: header and body.</summary>
    public Span<byte> ReplyBuffer => _reply.Bytes[ReplyStart..];

    /// <summary>Serves until the connection ends, and says how it ended.</summary>
    public Errno Serve()
    {
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        Errno end;
        do
        {
            end = channel.Receive(RequestBuffer, out int count);
            if (end == Errno.None)
            {
                end = ServeOne(RequestBuffer[..count]);
            }
        }
        while (end == Errno.None);

        AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        return end;
    }

    public void Dispose()
    {
        _request.Dispose();
        _reply.Dispose();
        _service.Pipe?.Dispose();
        channel.Dispose();
    }

    private Errno ServeOne(ReadOnlySpan<byte> message)
    {
        if (!Request.TryParse(message, out Request request))
        {
            log.Write(Severity.Warning, "malformed", ("length", message.Length));
            return Errno.None;
        }

        RequestCount++;
        (long Ticks, long Allocated) start = Meter is null ? default : RequestMeter.Start();
        Answer answer = _service.Serve(request, ReplyBuffer[ReplyHeader.Size..]);
        Errno error = answer.IsSilent ? Errno.None : Send(request, answer);
        Meter?.Stop(request.Opcode, start);
        if (observation.HasFlag(Observation.Trace))
        {
            Trace(request, answer);
        }

        return error;
    }

    private Errno Send(in Request request, Answer answer)
    {
        Span<byte> reply = ReplyBuffer;
        Errno error = answer.IsPiped ? channel.Send(_service.Pipe!) : channel.Send(reply[..PutReply(reply, request, answer)]);
        if (error != Errno.Invalid)
        {
            return error;
        }

        // The kernel does not understand this reply, and its caller still waits for one.
        log.Write(Severity.Error, "reply_refused", ("opcode", request.Opcode), ("length", answer.Length), ("error", answer.Error));
        return channel.Send(reply[..ReplyHeader.PutError(reply, request.Unique, Errno.InputOutput)]);
    }

    private static int PutReply(Span<byte> reply, in Request request, Answer answer) => answer.Error == Errno.None
        ? ReplyHeader.PutSuccess(reply, request.Unique, answer.Length)
        : ReplyHeader.PutError(reply, request.Unique, answer.Error);

    private void Trace(in Request request, Answer answer) => log.Write(
        Severity.Debug,
        "request",
        ("opcode", request.Opcode),
        ("node", request.NodeId),
        ("pid", request.ProcessId),
        ("error", (int)answer.Error),
        ("length", answer.Length));
}
