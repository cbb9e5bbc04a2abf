using Ext4Core;
using Ext4Core.Inodes;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Ext4Safety.NullServer;

/// <summary>Answers from arithmetic alone: no memory is searched, and a file's bytes are whatever the reply buffer holds.</summary>
internal readonly struct NullService : IService
{
    public ReplyPipe? Pipe => null;

    public Answer Serve(in Request request, Span<byte> reply)
    {
        InodeNumber node = new((uint)request.NodeId);
        switch (request.Opcode)
        {
            case Opcode.Lookup:
                return Names.TryParse(request.Body, out ReadOnlySpan<byte> name)
                    ? Answer.Body(PutEntry(reply, NullTree.Find(node, name)))
                    : Answer.Refuse(Errno.Invalid);
            case Opcode.GetAttributes:
                return Answer.Body(AttributesReply.Put(reply, NullTree.Stat(node)));
            case Opcode.ExtendedAttributes:
                return Answer.Body(ExtendedAttributesReply.Put(reply, NullTree.Stat(node)));
            case Opcode.Read:
                return Read(node, request, reply);
            case Opcode.ReadDirectory:
                return List(node, request, reply, prefix: 0);
            case Opcode.ReadDirectoryPlus:
                return List(node, request, reply, EntryReply.Size);
            case Opcode.Forget or Opcode.BatchForget or Opcode.Interrupt:
                return Answer.Silence;
            case Opcode.Release or Opcode.ReleaseDirectory or Opcode.Destroy or Opcode.SynchronizeFileSystem:
                return Answer.Done;
            case Opcode.Statistics:
                return Answer.Body(StatisticsReply.Put(reply, new(NullTree.BlockSize, 0, 0, 0, 0, 0)));
            default:
                return Answer.Refuse(Errno.NotImplemented);
        }
    }

    private static int PutEntry(Span<byte> reply, InodeNumber child) =>
        child == default ? EntryReply.PutNegative(reply) : EntryReply.Put(reply, NullTree.Stat(child));

    private static Answer Read(InodeNumber node, in Request request, Span<byte> reply)
    {
        if (!ReadRequest.TryParse(request.Body, out ReadRequest read) || read.Count > reply.Length)
        {
            return Answer.Refuse(Errno.Invalid);
        }

        ulong size = (ulong)NullTree.SizeOf(node);
        return Answer.Body(read.Offset < size ? (int)Math.Min(read.Count, size - read.Offset) : 0);
    }

    private static Answer List(InodeNumber node, in Request request, Span<byte> reply, int prefix)
    {
        if (!ReadRequest.TryParse(request.Body, out ReadRequest read))
        {
            return Answer.Refuse(Errno.Invalid);
        }

        reply = reply[..(int)Math.Min(read.Count, (uint)reply.Length)];
        Span<byte> name = stackalloc byte[NullTree.LongestName];
        int length = 0;
        int count = NullTree.CountOf(node);
        for (int index = (int)Math.Min(read.Offset, (ulong)count); index < count; index++)
        {
            InodeNumber child = NullTree.ChildAt(node, index, name, out int nameLength);
            int size = prefix + DirectoryRecord.LengthFor(nameLength);
            if (size > reply.Length - length)
            {
                break;
            }

            Span<byte> record = reply.Slice(length, size);
            if (prefix > 0)
            {
                _ = EntryReply.Put(record, NullTree.Stat(child));
            }

            DirectoryRecord.Put(record[prefix..], child, (ulong)index + 1, NullTree.TypeOf(child), name[..nameLength]);
            length += size;
        }

        return Answer.Body(length);
    }
}
