using Ext4Core.Inodes;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>What the list of an inode's attributes and their values must agree on.</summary>
internal sealed class AttributeOracles
{
    /// <summary>Visits that a list or a value may cost: the inode's two, and the attribute block.</summary>
    private const int MostVisits = 3;
    private const int MostNames = 64;
    private const int MaximumNameLength = 255;

    private readonly byte[] _names = new byte[16 << 10];
    private readonly byte[] _value = new byte[64 << 10];

    /// <summary>Lists the names and reads each value, at full length and one byte short.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="isEveryNameFound">Every ordinary name of the list must be found, as is so in an inode: in a block out of order some are not.</param>
    /// <returns>A hash of all names and values.</returns>
    public Digest Check(StagedVolume volume, in Inode inode, bool isEveryNameFound)
    {
        int length = List(volume, inode);
        Digest digest = new Digest().Add(_names.AsSpan(0, length));
        int at = 0;
        for (int index = 0; at < length && index < MostNames; index++)
        {
            int end = at + _names.AsSpan(at, length - at).IndexOf((byte)0);
            ReadOnlySpan<byte> name = _names.AsSpan(at, end - at);
            FsError error = Get(volume, inode, name, out int valueLength);
            if (error is not (FsError.None or FsError.Range) && isEveryNameFound && IsOrdinary(inode, name))
            {
                throw new FindingException(FindingKind.Contradiction, "an attribute is listed that is not found");
            }

            digest = digest.Add((ulong)error).Add(_value.AsSpan(0, error == FsError.None ? valueLength : 0));
            at = end + 1;
        }

        return digest;
    }

    private int List(StagedVolume volume, in Inode inode)
    {
        volume.Workspace.Begin();
        FsError error = volume.Stack.Attributes.List(volume.Workspace, inode, true, default, out int length);
        bool isFine = error == FsError.None && length <= _names.Length;
        if (isFine && length > 0)
        {
            isFine = volume.Stack.Attributes.List(volume.Workspace, inode, true, _names.AsSpan(0, length), out int again) == FsError.None
                && again == length && _names[length - 1] == 0;
            isFine &= length == 1
                || volume.Stack.Attributes.List(volume.Workspace, inode, true, _names.AsSpan(0, length - 1), out _) == FsError.Range;
            _ = volume.Stack.Attributes.List(volume.Workspace, inode, true, _names.AsSpan(0, length), out _);
        }

        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, "a list of attributes is not as long as it says");
        }

        return length;
    }

    private FsError Get(StagedVolume volume, in Inode inode, ReadOnlySpan<byte> name, out int length)
    {
        volume.Workspace.Begin();
        FsError error = volume.Stack.Attributes.Get(volume.Workspace, inode, name, default, out length);
        if (volume.Workspace.BlocksSpent > MostVisits)
        {
            throw new FindingException(FindingKind.Work, "the length of an attribute costs more than its list");
        }

        if (error != FsError.None || length == 0)
        {
            return error;
        }

        FsError full = volume.Stack.Attributes.Get(volume.Workspace, inode, name, _value, out int fullLength);
        bool isFine = fullLength == length && full == (length <= _value.Length ? FsError.None : FsError.Range);
        if (isFine && length > 1 && length <= _value.Length)
        {
            Span<byte> shorter = stackalloc byte[1];
            isFine = volume.Stack.Attributes.Get(volume.Workspace, inode, name, shorter, out _) == FsError.Range;
        }

        return isFine ? full : throw new FindingException(
            FindingKind.Contradiction, "an attribute's value is not as long as it says");
    }

    /// <summary>A name that nothing but damage could keep from being found.</summary>
    private static bool IsOrdinary(in Inode inode, ReadOnlySpan<byte> name)
    {
        bool takesUserNames = inode.Type is FileType.Regular or FileType.Directory;
        bool hasKnownBeginning = name.StartsWith("trusted."u8) || name.StartsWith("security."u8)
            || (takesUserNames && name.StartsWith("user."u8));
        return hasKnownBeginning && name.Length <= MaximumNameLength && name[^1] != (byte)'.';
    }
}
