using System.Diagnostics.CodeAnalysis;
using Ext4Core.Integrity;
using Fuse4fs.Native;
using Fuse4fs.Operations;
using Fuse4fs.Wire;

namespace Fuse4fs.Dispatch;

/// <summary>Serves a volume, and contains its failures.</summary>
internal readonly struct VolumeService(ServedVolume served) : IService
{
    private readonly Serving _serving = new(served);

    public ReplyPipe? Pipe => _serving.Pipe;

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The one place where failures end: what is not damage and not the device is our own mistake, and ends the process.")]
    public Answer Serve(in Request request, Span<byte> reply)
    {
        try
        {
            return Operation.Run(_serving, request, reply);
        }
        catch (CorruptionException damage)
        {
            return Answer.Refuse(_serving.Served.Containment.Contain(damage));
        }
        catch (DeviceException failure)
        {
            return Answer.Refuse(_serving.Served.Containment.Contain(failure));
        }
        catch (Exception bug)
        {
            _serving.Served.Containment.Panic(bug, request.Opcode);
            throw;
        }
    }
}
