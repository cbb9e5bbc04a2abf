using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>A reply that is put together in a pipe: file contents go from the page cache of the volume's device into the
/// kernel's reply, and never through our memory.</summary>
/// <remarks>One thread fills the pipe and empties it. A pipe has a slot for each page that it refers to, in part or whole, and
/// refuses what does not fit: nobody else would ever make room.</remarks>
internal sealed class ReplyPipe : IDisposable
{
    /// <summary>What everybody may have: room for a header beside a whole MiB would be a privilege.</summary>
    private const int Slots = 256;

    /// <summary>Pages of contents in one reply: half of the slots, so that as many pieces fit as well, wherever they begin.</summary>
    public const int MostPages = Slots / 2;

    private readonly SafeFileHandle _reader;
    private readonly SafeFileHandle _writer;
    private readonly SpliceSource _source;
    private readonly byte[] _sink = new byte[PageBuffer.PageSize];
    private bool _isRefused;
    private int _filled;

    private ReplyPipe(SpliceSource source, SafeFileHandle reader, SafeFileHandle writer)
    {
        _source = source;
        _reader = reader;
        _writer = writer;
    }

    /// <summary>Makes a pipe.</summary>
    /// <returns>False where the system has none of this size to give: replies are copied then.</returns>
    public static bool TryCreate(SpliceSource source, [NotNullWhen(true)] out ReplyPipe? pipe)
    {
        Span<int> ends = stackalloc int[2];
        pipe = null;
        if (Libc.Pipe(ends, Libc.PipeCloseOnExec | Libc.PipeNonBlocking) < 0)
        {
            return false;
        }

        ReplyPipe made = new(source, new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
        if (Libc.ControlDescriptor(made._writer, Libc.SetPipeSize, Slots * PageBuffer.PageSize) < 0)
        {
            made.Dispose();
            return false;
        }

        pipe = made;
        return true;
    }

    /// <summary>Begins a reply with its header, which says how long the whole of it will be.</summary>
    /// <returns>False where the pipe takes nothing: it is empty then, and the reply has to be made in memory.</returns>
    public bool TryBegin(ReadOnlySpan<byte> header)
    {
        if (_isRefused)
        {
            return false;
        }

        _filled = header.Length;
        if (Libc.Write(_writer, header, (nuint)header.Length) == header.Length)
        {
            return true;
        }

        Empty();
        return false;
    }

    /// <summary>Adds bytes of the volume to a reply that was begun.</summary>
    /// <param name="offset">From the volume's start.</param>
    /// <param name="length">All of them or none.</param>
    /// <returns>False where they cannot be had or do not fit: the pipe is empty then, and reading the same bytes tells why.</returns>
    public bool TryAdd(long offset, long length)
    {
        offset += _source.Start;
        long end = offset + length;
        while (offset < end)
        {
            nint count = Libc.SpliceFrom(_source.File, ref offset, _writer, pipeOffset: 0, (nuint)(end - offset), flags: 0);
            if (count > 0)
            {
                _filled += (int)count;
            }
            else if (count == 0 || Libc.LastError != Errno.Interrupted)
            {
                _isRefused = count < 0 && Libc.LastError == Errno.Invalid;
                Empty();
                return false;
            }
        }

        return true;
    }

    /// <summary>Sends what is in the pipe to a descriptor as one message, and leaves the pipe empty.</summary>
    public Errno Drain(SafeFileHandle device)
    {
        nint count;
        do
        {
            count = Libc.SpliceTo(_reader, pipeOffset: 0, device, deviceOffset: 0, (nuint)_filled, flags: 0);
        }
        while (count < 0 && Libc.LastError == Errno.Interrupted);

        if (count == _filled)
        {
            _filled = 0;
            return Errno.None;
        }

        Errno error = count < 0 ? Libc.LastError : Errno.Invalid;
        Empty();
        return error;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    private void Empty()
    {
        while (Libc.Read(_reader, _sink, (nuint)_sink.Length) is not 0 and var count && (count > 0 || Libc.LastError == Errno.Interrupted))
        {
            // Until the pipe has nothing left.
        }

        _filled = 0;
    }
}
