using Ext4Core;
using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Operations;

/// <summary>OPEN, READ, READLINK, LSEEK and BMAP: what files hold.</summary>
internal static class Files
{
    /// <summary>Bytes from which on a copy costs more than two system calls.</summary>
    private const int ShortestPiped = 32 << 10;

    /// <summary>A range in more pieces than these is copied.</summary>
    private const int MostRuns = 32;

    /// <summary>Nothing is kept of an open file. Where no file refuses to be opened the kernel is told not to ask again.</summary>
    public static Answer Open(Serving serving, in Request request, Span<byte> reply)
    {
        if (!serving.Served.AnswersOpens)
        {
            return Answer.Refuse(Errno.NotImplemented);
        }

        if (request.Body.Length != Wire.Open.RequestSize)
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        error = serving.Volume.Stat(serving.Workspace, inode, out InodeStat stat);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        bool needsKey = stat.Type == FileType.Regular && stat.Flags.HasFlag(InodeFlags.Encrypted);
        return needsKey ? Answer.Refuse(FsError.NoKey) : Answer.Body(Wire.Open.Put(reply, OpenFlags.KeepCache));
    }

    /// <summary>From the device's page cache into the kernel's where the range is long and plain; otherwise one device read
    /// into the reply for each run of blocks.</summary>
    public static Answer Read(Serving serving, in Request request, Span<byte> reply)
    {
        if (!ReadRequest.TryParse(request.Body, out ReadRequest read) || read.Offset > long.MaxValue || read.Count > reply.Length)
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        if (read.Count >= ShortestPiped && serving.Pipe is { } pipe && TryPipe(serving, pipe, request, read, inode, out int length))
        {
            return Answer.Piped(length);
        }

        error = serving.Volume.Read(serving.Workspace, inode, (long)read.Offset, reply[..(int)read.Count], out int count);
        return Answer.Of(error, count);
    }

    /// <summary>Two system calls instead of one, and one copy less. Whatever goes wrong here goes wrong again where the range
    /// is read, and is told there.</summary>
    private static bool TryPipe(
        Serving serving, ReplyPipe pipe, in Request request, in ReadRequest read, InodeNumber inode, out int length)
    {
        length = 0;
        Span<FileRun> runs = stackalloc FileRun[MostRuns];
        FsError error = serving.Volume.Map(serving.Workspace, inode, (long)read.Offset, read.Count, runs, out int runCount);
        if (error != FsError.None || runCount == MostRuns)
        {
            return false;
        }

        runs = runs[..runCount];
        foreach (FileRun run in runs)
        {
            if (run.Kind != FileRunKind.OnDevice)
            {
                return false;
            }

            length += (int)run.Length;
        }

        Span<byte> header = stackalloc byte[ReplyHeader.Size];
        _ = ReplyHeader.PutSuccess(header, request.Unique, length);
        bool isPiped = pipe.TryBegin(header);
        for (int index = 0; index < runCount && isPiped; index++)
        {
            isPiped = pipe.TryAdd(runs[index].Offset.Value, runs[index].Length);
        }

        return isPiped;
    }

    /// <summary>The kernel has room for one page less one byte, as for every path.</summary>
    public static Answer ReadLink(Serving serving, in Request request, Span<byte> reply)
    {
        const int longestTarget = 4095;
        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        error = serving.Volume.ReadLink(serving.Workspace, inode, reply[..longestTarget], out int length);
        return error == FsError.Range ? Answer.Refuse(Errno.NameTooLong) : Answer.Of(error, length);
    }

    /// <summary>One step for each run between the start and what is looked for.</summary>
    public static Answer Seek(Serving serving, in Request request, Span<byte> reply)
    {
        if (!SeekRequest.TryParse(request.Body, out SeekRequest seek))
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        if (seek.Offset > long.MaxValue)
        {
            return Answer.Refuse(FsError.NoSuchAddress);
        }

        SeekTarget target = seek.Whence == SeekRequest.Data ? SeekTarget.Data : SeekTarget.Hole;
        error = serving.Volume.Seek(serving.Workspace, inode, (long)seek.Offset, target, out long position);
        return error == FsError.None ? Answer.Body(SeekRequest.PutReply(reply, (ulong)position)) : Answer.Refuse(error);
    }

    /// <summary>A hole, and whatever has no blocks of its own, lies at 0.</summary>
    public static Answer MapBlock(Serving serving, in Request request, Span<byte> reply)
    {
        if (!MapBlockRequest.TryParse(request.Body, out MapBlockRequest map) || map.BlockSize != serving.Volume.Geometry.BlockSize)
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        if (map.Block > uint.MaxValue)
        {
            return Answer.Body(MapBlockRequest.PutReply(reply, block: 0));
        }

        error = serving.Volume.BlockOf(serving.Workspace, inode, new((uint)map.Block), out BlockNumber block);
        return error == FsError.None ? Answer.Body(MapBlockRequest.PutReply(reply, block.Value)) : Answer.Refuse(error);
    }
}
