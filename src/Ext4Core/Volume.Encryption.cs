using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>How what fscrypt encrypted is shown without its key.</summary>
public sealed partial class Volume
{
    /// <summary>An encrypted directory must say how it is encrypted before its names can be shown without the key; whether
    /// what it says is understood does not matter.</summary>
    private FsError RefuseWithoutContext(Workspace workspace, in Inode directory) =>
        directory is { Type: FileType.Directory } && directory.Is(InodeFlags.Encrypted)
            && _stack.Attributes.RefuseEncrypted(workspace, directory) == FsError.NoData
                ? FsError.NoData
                : FsError.None;

    /// <summary>Puts the size of an encrypted link right: that of the target that it shows.</summary>
    private FsError MeasureEncryptedLink(Workspace workspace, in Inode inode, ref InodeStat stat)
    {
        Span<byte> target = stackalloc byte[NoKeyName.MaximumLength];
        FsError error = ReadEncryptedLink(workspace, inode, target, out int length);
        stat = stat with { Size = length };
        return error;
    }

    /// <summary>Shows the target of an encrypted link as the kernel does without the key: its ciphertext as text.</summary>
    /// <remarks>A length of 16 bits, then the ciphertext, in the inode or in the first block.</remarks>
    private FsError ReadEncryptedLink(Workspace workspace, in Inode inode, Span<byte> target, out int length)
    {
        const int LengthSize = sizeof(ushort);
        length = 0;
        FsError error = _stack.Attributes.RefuseEncrypted(workspace, inode);
        if (error != FsError.NoKey)
        {
            return error;
        }

        Span<byte> stored = workspace.Scratch;
        if (IsFastLink(inode))
        {
            stored = stored[..InodeView.BlockMapSize];
            inode.BlockMap.CopyTo(stored);
        }
        else
        {
            ReadRuns(workspace, inode, 0, stored);
        }

        int size = Le.U16(stored, 0);
        int room = stored.Length - LengthSize;
        if (size < NoKeyName.MinimumCiphertext || size > room)
        {
            Corrupt.Throw(CorruptionCode.LinkLengthOutOfRange, LinkLocation(inode), (ulong)size, (ulong)room);
        }

        Span<byte> text = stackalloc byte[NoKeyName.MaximumLength];
        length = NoKeyName.Encode(default, stored.Slice(LengthSize, size), text);
        if (length > target.Length)
        {
            return FsError.Range;
        }

        text[..length].CopyTo(target);
        return FsError.None;
    }
}
