using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Dispatch;

/// <summary>What answers one worker's requests. A structure, so that the transport calls it directly.</summary>
internal interface IService
{
    /// <summary>Where replies are put together that do not go through memory; null where all do.</summary>
    ReplyPipe? Pipe { get; }

    /// <summary>Serves one request. Whatever goes wrong ends here, as an answer.</summary>
    /// <param name="request">What the kernel asks.</param>
    /// <param name="reply">Room for the reply's body.</param>
    Answer Serve(in Request request, Span<byte> reply);
}
