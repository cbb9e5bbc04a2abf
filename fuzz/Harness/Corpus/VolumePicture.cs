using System.Security.Cryptography;
using System.Text;
using Ext4Core;
using Ext4Core.Audit;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Corpus;

/// <summary>A volume in words: how the mount ended, what its tree holds, and what an audit has to say.</summary>
/// <remarks>Bounded, whatever the image says: so many names, so many bytes of each file, so many reports.</remarks>
public sealed class VolumePicture
{
    private const int MostEntries = 4000, MostReports = 100, MostDepth = 64;
    private const int ChunkBytes = 1 << 16, MostHashedBytes = 1 << 20, ShownHashBytes = 8;

    private readonly StringBuilder _text = new();
    private readonly byte[] _buffer = new byte[ChunkBytes];
    private readonly HashSet<uint> _entered = [];
    private readonly Volume _volume;
    private readonly Workspace _workspace;
    private int _entries;

    private VolumePicture(Volume volume)
    {
        _volume = volume;
        _workspace = volume.CreateWorkspace();
    }

    /// <summary>Mounts, walks and audits.</summary>
    /// <param name="device">The volume. It is disposed of.</param>
    /// <param name="options">How it is mounted.</param>
    /// <returns>Lines, with an end behind the last. The first line alone says how it went.</returns>
    public static string Draw(IBlockDevice device, VolumeOptions options)
    {
        try
        {
            using Volume volume = Volume.Mount(device, options);
            return new VolumePicture(volume).Draw();
        }
        catch (Exception refusal) when (IsExpected(refusal))
        {
            return $"refused: {refusal.Message}\n";
        }
    }

    /// <summary>Whether an exception is one that a volume may throw.</summary>
    public static bool IsExpected(Exception exception) =>
        exception is CorruptionException or UnsupportedFeatureException or DeviceException;

    private string Draw()
    {
        foreach (VolumeNotice notice in _volume.Notices)
        {
            Line($"notice: {notice.Subject}: {notice.Text}");
        }

        if (_volume.Admit(new(InodeNumber.Root.Value), out InodeNumber root) == FsError.None)
        {
            DrawInode(root, "/", depth: 0);
        }

        AuditResult audit = _volume.Audit(new() { KeptReports = MostReports });
        foreach (CorruptionException report in audit.Reports)
        {
            Line($"damage: {report.Message}");
        }

        foreach (string skipped in audit.Skipped)
        {
            Line($"not checked: {skipped}");
        }

        string geometry = $"{_volume.Geometry.BlocksCount} blocks of {_volume.Geometry.BlockSize} bytes";
        string verdict = audit.IsClean ? "clean" : $"{audit.ReportCount} damage reports";
        return $"mounted: {geometry}, {_entries} names, {verdict}\n{_text}";
    }

    private void DrawInode(InodeNumber inode, string path, int depth)
    {
        if (!Try(path, () => Describe(inode, path), out InodeStat stat))
        {
            return;
        }

        Try(path, () => DrawAttributes(inode, path), out _);
        if (stat.Type != FileType.Directory)
        {
            return;
        }

        if (depth == MostDepth || !_entered.Add(inode.Value))
        {
            Line($"{path}: not entered again");
            return;
        }

        SortedDictionary<string, Child> children = new(StringComparer.Ordinal);
        Try(path, () => List(inode, children), out _);
        foreach ((string name, Child listed) in children)
        {
            string child = depth == 0 ? $"/{name}" : $"{path}/{name}";
            Try($"{child}: lookup", () => LookUp(inode, listed, child), out _);
            if (_volume.Admit(new(listed.Inode), out InodeNumber admitted) == FsError.None)
            {
                DrawInode(admitted, child, depth + 1);
            }
        }
    }

    private InodeStat Describe(InodeNumber inode, string path)
    {
        FsError error = _volume.Stat(_workspace, inode, out InodeStat stat);
        if (error != FsError.None)
        {
            Line($"{path}: {error}");
            return stat;
        }

        string contents = stat.Type switch
        {
            FileType.Regular => $", {stat.Size} bytes {HashOf(inode, stat.Size)}",
            FileType.SymbolicLink => $" -> {TargetOf(inode)}",
            FileType.CharacterDevice or FileType.BlockDevice => $" {stat.DeviceMajor}:{stat.DeviceMinor}",
            _ => "",
        };
        Line($"{path}: {stat.Type} {inode.Value}, mode {Convert.ToString(stat.Mode & 0xFFF, 8)}, links {stat.LinkCount}{contents}");
        return stat;
    }

    /// <summary>The beginning of the SHA-256 of the file's beginning.</summary>
    private string HashOf(InodeNumber inode, long size)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long end = Math.Min(size, MostHashedBytes);
        for (long offset = 0; offset < end;)
        {
            FsError error = _volume.Read(_workspace, inode, offset, _buffer, out int count);
            if (error != FsError.None)
            {
                return error.ToString();
            }

            if (count == 0)
            {
                break;
            }

            hash.AppendData(_buffer.AsSpan(0, count));
            offset += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, ShownHashBytes));
    }

    private string TargetOf(InodeNumber inode)
    {
        FsError error = _volume.ReadLink(_workspace, inode, _buffer, out int length);
        return error == FsError.None ? Printable(_buffer.AsSpan(0, length)) : error.ToString();
    }

    private bool DrawAttributes(InodeNumber inode, string path)
    {
        if (_volume.ListAttributes(_workspace, inode, isPrivileged: true, _buffer, out int length) != FsError.None)
        {
            return false;
        }

        byte[] names = _buffer[..length];
        for (int start = 0; start < names.Length;)
        {
            int end = Array.IndexOf(names, (byte)0, start);
            byte[] name = names[start..end];
            string shown = $"{path}: attribute {Printable(name)}";
            Try(shown, () => DrawAttribute(inode, name, shown), out _);
            start = end + 1;
        }

        return true;
    }

    private bool DrawAttribute(InodeNumber inode, byte[] name, string shown)
    {
        FsError error = _volume.GetAttribute(_workspace, inode, name, _buffer, out int length);
        string hash = Convert.ToHexStringLower(SHA256.HashData(_buffer.AsSpan(0, error == FsError.None ? length : 0)).AsSpan(0, ShownHashBytes));
        Line(error == FsError.None ? $"{shown}, {length} bytes {hash}" : $"{shown}: {error}");
        return true;
    }

    private bool List(InodeNumber directory, SortedDictionary<string, Child> children)
    {
        for (ulong cookie = 0; _entries < MostEntries;)
        {
            NameSink names = new(children);
            FsError error = _volume.List(_workspace, directory, cookie, ref names);
            if (error != FsError.None || names.Count == 0)
            {
                return error == FsError.None;
            }

            _entries += names.Count;
            cookie = names.Cookie;
        }

        Line($"more than {MostEntries} names: not listed further");
        return true;
    }

    /// <summary>What a directory lists can be looked up, or the picture says so.</summary>
    private bool LookUp(InodeNumber directory, Child listed, string path)
    {
        FsError error = _volume.Lookup(_workspace, directory, listed.Name, out InodeNumber found);
        if (error != FsError.None || found.Value != listed.Inode)
        {
            Line($"{path}: listed as inode {listed.Inode}, looked up as {(error == FsError.None ? $"{found.Value}" : error)}");
        }

        return true;
    }

    private bool Try<T>(string subject, Func<T> question, out T answer)
    {
        try
        {
            answer = question();
            return true;
        }
        catch (Exception damage) when (IsExpected(damage))
        {
            Line($"{subject}: {damage.Message}");
            answer = default!;
            return false;
        }
    }

    private void Line(string line) => _text.Append(line).Append('\n');

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        foreach (byte value in bytes)
        {
            _ = value is > (byte)' ' and <= (byte)'~' and not (byte)'\\' ? text.Append((char)value) : text.Append($"\\x{value:x2}");
        }

        return text.ToString();
    }

    private readonly record struct Child(byte[] Name, uint Inode);

    /// <summary>Takes names, so many at a time that a long listing needs several calls.</summary>
    private struct NameSink(SortedDictionary<string, Child> children) : IDirectorySink
    {
        private const int Room = 256;

        public int Count { get; private set; }

        public ulong Cookie { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            if (Count == Room)
            {
                return false;
            }

            Count++;
            Cookie = entry.NextCookie;
            if (!entry.Name.SequenceEqual("."u8) && !entry.Name.SequenceEqual(".."u8))
            {
                children.TryAdd(Printable(entry.Name), new(entry.Name.ToArray(), entry.Inode.Value));
            }

            return true;
        }
    }
}
