using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>What lookups and listings of one directory must agree on.</summary>
internal sealed class DirectoryOracles
{
    private const int PieceSize = 3;

    private readonly NameRecorder _whole = new();
    private readonly NameRecorder _pieces = new();

    /// <summary>What the last listing gave.</summary>
    public NameRecorder Names => _whole;

    /// <summary>Block visits that the dearest call of the last listings cost.</summary>
    public int MostVisits { get; private set; }

    /// <summary>Lists a directory at once and in pieces, which must give the same.</summary>
    /// <returns>The damage that ends the listing; null when it reaches its end.</returns>
    public CorruptionException? List(StagedVolume volume, in Inode directory)
    {
        MostVisits = 0;
        CorruptionException? damage = List(volume, directory, _whole, int.MaxValue);
        CorruptionException? damageOfPieces = List(volume, directory, _pieces, PieceSize);
        if (damage?.Code != damageOfPieces?.Code || _whole.Digest != _pieces.Digest)
        {
            throw new FindingException(FindingKind.Contradiction, "a listing in pieces gives other than one at once");
        }

        return damage;
    }

    /// <summary>Looks a name up, which must be listed if it is found.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The name.</param>
    /// <param name="isWholeListed">The listing reached its end.</param>
    /// <returns>A hash of the answer.</returns>
    public Digest Lookup(StagedVolume volume, in Inode directory, ReadOnlySpan<byte> name, bool isWholeListed)
    {
        volume.Workspace.Begin();
        FsError error = volume.Stack.Directories.Lookup(volume.Workspace, directory, name, out InodeNumber child, out FileType type);
        if (error == FsError.None && isWholeListed && !_whole.HasOverflowed && !IsListed(directory, name, child))
        {
            throw new FindingException(FindingKind.Contradiction, "a name is found that is not listed");
        }

        return new Digest().Add((ulong)error).Add(child.Value).Add((ulong)type);
    }

    /// <summary>Looks every listed name up: each must be found, and the first of its kind with the inode that was listed.</summary>
    /// <remarks>But for a directory that ends inside of a block: the driver lists what that block holds, and finds none of it.</remarks>
    public void LookupListed(StagedVolume volume, in Inode directory)
    {
        bool isPlain = !directory.Is(InodeFlags.CaseFold) && !directory.Is(InodeFlags.Encrypted);
        for (int index = 0; index < _whole.Count; index++)
        {
            ReadOnlySpan<byte> name = _whole.NameAt(index);
            if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
            {
                // Those are looked for in the first block alone.
                continue;
            }

            FsError error = TryLookup(volume, directory, name, out InodeNumber child, out bool isRefused);
            bool isFirst = _whole.IndexOf(name) == index;
            if (!isRefused && !IsRightAnswer(volume, directory, error, isPlain, isFirst, child, _whole.InodeAt(index)))
            {
                throw new FindingException(FindingKind.Contradiction, "a name is listed that is not found, or stands for another inode");
            }
        }
    }

    private static bool IsRightAnswer(
        StagedVolume volume, in Inode directory, FsError error, bool isPlain, bool isFirst, InodeNumber child, uint listed)
    {
        if (error == FsError.Invalid)
        {
            return directory.Is(InodeFlags.CaseFold) && volume.Geometry.EncodingIsStrict;
        }

        if (error == FsError.NotFound)
        {
            return !directory.HasInlineData && directory.Size % (ulong)volume.BlockSize != 0;
        }

        return error == FsError.None && (!isPlain || !isFirst || child.Value == listed);
    }

    private bool IsListed(in Inode directory, ReadOnlySpan<byte> name, InodeNumber child)
    {
        bool isPlain = !directory.Is(InodeFlags.CaseFold) && !directory.Is(InodeFlags.Encrypted);
        for (int index = 0; index < _whole.Count; index++)
        {
            if (_whole.InodeAt(index) == child.Value && (!isPlain || _whole.NameAt(index).SequenceEqual(name)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A damaged entry may be listed and yet be refused when it is looked up: it leads to an inode that no name may
    /// lead to.</summary>
    private static FsError TryLookup(
        StagedVolume volume, in Inode directory, ReadOnlySpan<byte> name, out InodeNumber child, out bool isRefused)
    {
        volume.Workspace.Begin();
        try
        {
            isRefused = false;
            return volume.Stack.Directories.Lookup(volume.Workspace, directory, name, out child, out _);
        }
        catch (CorruptionException damage) when (
            damage.Code is CorruptionCode.DirectoryEntryOfSystemInode or CorruptionCode.DirectoryEntryLoop)
        {
            isRefused = true;
            child = default;
            return FsError.None;
        }
    }

    private CorruptionException? List(StagedVolume volume, in Inode directory, NameRecorder recorder, int pieceSize)
    {
        recorder.Begin();
        try
        {
            NameRecorder.Sink sink;
            do
            {
                ulong cookie = recorder.NextCookie;
                sink = recorder.Take(pieceSize);
                volume.Workspace.Begin();
                _ = volume.Stack.Directories.List(volume.Workspace, directory, cookie, ref sink);
                MostVisits = Math.Max(MostVisits, volume.Workspace.BlocksSpent);
                if (sink.TakenCount > 0 && recorder.NextCookie <= cookie)
                {
                    throw new FindingException(FindingKind.Contradiction, "a listing does not get on");
                }
            }
            while (sink.TakenCount > 0);

            return null;
        }
        catch (CorruptionException damage)
        {
            return damage;
        }
    }
}
