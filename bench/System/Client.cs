using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ext4Safety.SystemBench;

/// <summary>What a program does to a mount: system calls in loops, nothing else.</summary>
internal sealed unsafe class Client : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private const int DirectoryBufferBytes = 32 << 10;

    private static readonly byte[][] FileNames = Names(Tree.FilesPerDirectory, Tree.FileName);

    private readonly void* _buffer = NativeMemory.AlignedAlloc(BufferBytes, 4096);
    private readonly byte[] _stat = new byte[Libc.StatxSize];

    /// <summary>Opens a directory of the mount.</summary>
    public static int OpenDirectory(string path) => Check(
        Libc.Open(Tree.Native(path), Libc.ReadOnly | Libc.OnlyDirectory | Libc.CloseOnExec, 0), path);

    /// <summary>Opens the big file.</summary>
    public static int OpenBig(string mountPoint, bool isDirect) => Check(
        Libc.Open(Tree.Native($"{mountPoint}/big"), Libc.ReadOnly | Libc.CloseOnExec | (isDirect ? Libc.Direct : 0), 0), mountPoint);

    /// <summary>stat(2) for every file in a directory.</summary>
    public int Stat(int directory, int flags)
    {
        foreach (byte[] name in FileNames)
        {
            _ = Check(Libc.Statx(directory, name, flags, Libc.BasicStats, _stat), "statx");
        }

        return FileNames.Length;
    }

    /// <summary>stat(2) for each path, again and again until the time is over; gives how often.</summary>
    public int StatUntil(TimeSpan end, byte[][] paths)
    {
        int count = 0;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < end)
        {
            count += StatAll(Libc.CurrentDirectory, paths);
        }

        return count;
    }

    /// <summary>stat(2) for each name or path.</summary>
    public int StatAll(int directory, byte[][] names)
    {
        foreach (byte[] name in names)
        {
            _ = Check(Libc.Statx(directory, name, 0, Libc.BasicStats, _stat), "statx");
        }

        return names.Length;
    }

    /// <summary>open(2) and close(2) for every file in a directory.</summary>
    public static int Open(int directory)
    {
        foreach (byte[] name in FileNames)
        {
            int file = Check(Libc.OpenAt(directory, name, Libc.ReadOnly | Libc.CloseOnExec, 0), "openat");
            _ = Libc.Close(file);
        }

        return FileNames.Length;
    }

    /// <summary>Reads a file in order; gives the bytes read.</summary>
    public long ReadInOrder(int file, int size, long from, long length)
    {
        for (long offset = from; offset < from + length; offset += size)
        {
            _ = Check((int)Libc.Read(file, _buffer, (nuint)size, offset), "pread");
        }

        return length;
    }

    /// <summary>Reads blocks here and there, none of them twice in a row.</summary>
    public int ReadAtRandom(int file, int size, int count, Random random)
    {
        int places = (int)(Tree.BigBytes / size);
        for (int turn = 0; turn < count; turn++)
        {
            _ = Check((int)Libc.Read(file, _buffer, (nuint)size, random.Next(places) * (long)size), "pread");
        }

        return count;
    }

    /// <summary>Lists a directory that has just been opened, or again from its start; gives the entries seen.</summary>
    public int List(int directory)
    {
        int entries = 0;
        _ = Libc.Seek(directory, 0, 0);
        int length;
        while ((length = ListOnce(directory)) > 0)
        {
            for (int at = 0; at < length; at += RecordLength(at))
            {
                entries++;
            }
        }

        return entries;
    }

    /// <summary>What <c>find -ls</c> does: list every directory and stat what is in it; gives the entries seen.</summary>
    public int Walk(string path)
    {
        int top = OpenDirectory(path);
        int entries = WalkDirectory(top);
        _ = Libc.Close(top);
        return entries;
    }

    public void Dispose() => NativeMemory.AlignedFree(_buffer);

    private int WalkDirectory(int directory)
    {
        const int nameAt = 19, typeAt = 18;
        const byte isDirectory = 4;
        int entries = 0;
        List<byte[]> below = [];
        int length;
        while ((length = ListOnce(directory)) > 0)
        {
            for (int at = 0; at < length; at += RecordLength(at))
            {
                ReadOnlySpan<byte> record = new((byte*)_buffer + at, RecordLength(at));
                ReadOnlySpan<byte> name = record[nameAt..];
                name = name[..(name.IndexOf((byte)0) + 1)];
                if (name[0] == '.')
                {
                    continue;
                }

                entries++;
                _ = Check(Libc.Statx(directory, name, 0, Libc.BasicStats, _stat), "statx");
                if (record[typeAt] == isDirectory)
                {
                    below.Add(name.ToArray());
                }
            }
        }

        foreach (byte[] name in below)
        {
            int child = Check(Libc.OpenAt(directory, name, Libc.ReadOnly | Libc.OnlyDirectory | Libc.CloseOnExec, 0), "openat");
            entries += WalkDirectory(child);
            _ = Libc.Close(child);
        }

        return entries;
    }

    private int ListOnce(int directory) =>
        Check((int)Libc.ListDirectory(Libc.GetDents64Number, directory, _buffer, DirectoryBufferBytes), "getdents64");

    private int RecordLength(int at)
    {
        const int lengthAt = 16;
        return BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>((byte*)_buffer + at + lengthAt, sizeof(ushort)));
    }

    private static byte[][] Names(int count, Func<int, string> name) =>
        [.. Enumerable.Range(0, count).Select(index => Tree.Native(name(index)))];

    private static int Check(int result, string what) =>
        result >= 0 ? result : throw new InvalidOperationException($"{what}: {Libc.LastError}");
}
