using Fuse4fs.Native;
using Fuse4fs.Operations;
using Fuse4fs.Wire;

namespace Fuse4fs.Dispatch;

/// <summary>From an opcode to the operation that answers it.</summary>
internal static class Operation
{
    /// <summary>Serves one request.</summary>
    /// <param name="serving">The worker's own memory and the shared volume.</param>
    /// <param name="request">What the kernel asks.</param>
    /// <param name="reply">Room for the reply's body.</param>
    public static Answer Run(Serving serving, in Request request, Span<byte> reply)
    {
        switch (request.Opcode)
        {
            case Opcode.Lookup:
                return Entries.Lookup(serving, request, reply);
            case Opcode.GetAttributes:
                return Inspection.GetAttributes(serving, request, reply);
            case Opcode.ExtendedAttributes:
                return Inspection.GetExtendedAttributes(serving, request, reply);
            case Opcode.Access:
                return Inspection.Access(serving, request);
            case Opcode.Statistics:
                return Inspection.Statistics(serving, reply);
            case Opcode.Read:
                return Files.Read(serving, request, reply);
            case Opcode.ReadLink:
                return Files.ReadLink(serving, request, reply);
            case Opcode.Open:
                return Files.Open(serving, request, reply);
            case Opcode.Seek:
                return Files.Seek(serving, request, reply);
            case Opcode.MapBlock:
                return Files.MapBlock(serving, request, reply);
            case Opcode.ReadDirectory:
                return Listings.Read(serving, request, reply);
            case Opcode.ReadDirectoryPlus:
                return Listings.ReadPlus(serving, request, reply);
            case Opcode.GetXattr:
                return Xattrs.Get(serving, request, reply);
            case Opcode.ListXattr:
                return Xattrs.List(serving, request, reply);
            case Opcode.Control:
                return Controls.Answer(serving, request, reply);

            // A node is its inode's number: there is nothing to forget, and no request takes long enough to be interrupted.
            case Opcode.Forget or Opcode.BatchForget or Opcode.Interrupt or Opcode.NotifyReply:
                return Answer.Silence;

            case Opcode.Release or Opcode.ReleaseDirectory or Opcode.Destroy or Opcode.SynchronizeFileSystem:
                return Answer.Done;

            case Opcode.SetAttributes or Opcode.SymbolicLink or Opcode.MakeNode or Opcode.MakeDirectory or Opcode.Unlink
                or Opcode.RemoveDirectory or Opcode.Rename or Opcode.RenameWithFlags or Opcode.Link or Opcode.Write
                or Opcode.SetXattr or Opcode.RemoveXattr or Opcode.Create or Opcode.Allocate or Opcode.CopyRange
                or Opcode.CopyRange64 or Opcode.TemporaryFile:
                return Answer.Refuse(Errno.ReadOnly);

            case Opcode.Initialize:
                return Answer.Refuse(Errno.Invalid);

            // For opening a directory, flushing and synchronizing this means: always successful, do not ask again.
            default:
                return Answer.Refuse(Errno.NotImplemented);
        }
    }
}
