using Ext4Core;
using Ext4Core.Directories;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Operations;

/// <summary>READDIR and READDIRPLUS: what a directory holds.</summary>
internal static class Listings
{
    /// <summary>One walk through as many directory blocks as fill the reply.</summary>
    public static Answer Read(Serving serving, in Request request, Span<byte> reply) => List(serving, request, reply, prefix: 0, out _);

    /// <summary>The same walk, then one inode for each entry.</summary>
    public static Answer ReadPlus(Serving serving, in Request request, Span<byte> reply)
    {
        Answer answer = List(serving, request, reply, EntryReply.Size, out int length);
        for (int at = 0; at < length;)
        {
            Span<byte> record = reply[at..];
            ReadOnlySpan<byte> name = DirectoryRecord.NameOf(record[EntryReply.Size..]);
            FillEntry(serving, record, name);
            at += EntryReply.Size + DirectoryRecord.LengthFor(name.Length);
        }

        return answer;
    }

    private static Answer List(Serving serving, in Request request, Span<byte> reply, int prefix, out int length)
    {
        length = 0;
        if (!ReadRequest.TryParse(request.Body, out ReadRequest read))
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber directory);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        RecordSink sink = new(reply[..(int)Math.Min(read.Count, (uint)reply.Length)], prefix);
        error = serving.Volume.List(serving.Workspace, directory, read.Offset, ref sink);
        length = error == FsError.None ? sink.Length : 0;

        // Not even one entry fits: an empty reply would say that the directory ends here.
        return sink is { IsFull: true, Length: 0 } ? Answer.Refuse(Errno.Invalid) : Answer.Of(error, length);
    }

    /// <summary>An inode that is damaged does not keep its name from being listed: the kernel asks again when it is used.</summary>
    private static void FillEntry(Serving serving, Span<byte> record, ReadOnlySpan<byte> name)
    {
        EntryReply.PutUnknown(record);
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return;
        }

        ClaimedInode claim = new(DirectoryRecord.InodeOf(record[EntryReply.Size..]));
        if (serving.Volume.Admit(claim, out InodeNumber inode) == FsError.None && serving.TryStat(inode, out InodeStat stat))
        {
            EntryReply.Put(record, stat);
        }
    }

    /// <summary>Writes entries one behind the other, each behind room for what READDIRPLUS adds.</summary>
    private ref struct RecordSink(Span<byte> reply, int prefix) : IDirectorySink
    {
        private readonly Span<byte> _reply = reply;

        /// <summary>Bytes written.</summary>
        public int Length { get; private set; }

        /// <summary>An entry did not fit.</summary>
        public bool IsFull { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            int length = prefix + DirectoryRecord.LengthFor(entry.Name.Length);
            if (length > _reply.Length - Length)
            {
                IsFull = true;
                return false;
            }

            Span<byte> record = _reply.Slice(Length + prefix, length - prefix);
            DirectoryRecord.Put(record, entry.Inode, entry.NextCookie, entry.Type, entry.Name);
            Length += length;
            return true;
        }
    }
}
