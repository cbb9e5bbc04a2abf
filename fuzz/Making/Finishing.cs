using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Making;

/// <summary>What no tool writes: journals that were interrupted, encryption, verity, orphans.</summary>
internal static class Finishing
{
    private const uint RootInode = 2;
    private const JournalIncompatibleFeatures Revoke = JournalIncompatibleFeatures.Revoke;

    /// <summary>What every encrypted inode says of its encryption: version 1, AES-256 in its usual modes.</summary>
    public static byte[] EncryptionContext { get; } =
    [
        1, 1, 4, 0, 10, 11, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
    ];

    /// <summary>The inodes that are encrypted.</summary>
    public static IReadOnlyList<string> EncryptedNames { get; } =
    [
        "secret", "secret/ABCDEFGHIJKLMNOP", "secret/ciphertext-of-32-bytes-in-length", "secret/QRSTUVWXYZABCDEF",
        "secret/fast-link-name-x",
    ];

    /// <summary>A log with checksums of whole transactions.</summary>
    public static void DirtyV1(WorkingImage image) => _ = Interrupt(image, Revoke, JournalCompatibleFeatures.Checksum);

    /// <summary>A log whose tags carry 16 bits of checksum.</summary>
    public static void DirtyV2(WorkingImage image) =>
        _ = Interrupt(image, Revoke | JournalIncompatibleFeatures.ChecksumV2, default);

    /// <summary>A log with wide tags.</summary>
    public static void DirtyV3(WorkingImage image) =>
        _ = Interrupt(image, Revoke | JournalIncompatibleFeatures.ChecksumV3 | JournalIncompatibleFeatures.SixtyFourBit, default);

    /// <summary>A log without any checksum.</summary>
    public static void DirtyPlain(WorkingImage image) =>
        _ = Interrupt(image, Revoke | JournalIncompatibleFeatures.SixtyFourBit, default);

    /// <summary>Fast commits of every kind behind a transaction.</summary>
    public static void FastCommits(WorkingImage image)
    {
        JournalScribe journal = Interrupt(
            image,
            Revoke | JournalIncompatibleFeatures.ChecksumV3 | JournalIncompatibleFeatures.SixtyFourBit
                | JournalIncompatibleFeatures.FastCommit,
            default);
        uint plain = image.Find("plain");
        uint fragmented = image.Find("fragmented");
        uint created = (uint)image.Geometry.InodesCount - 3;
        byte[] bytes = image.Inode(plain).ToArray();
        Le.PutU16(bytes, InodeView.ILinksCount, 2);
        FastCommitScribe commits = new(journal);
        commits.Head();
        commits.Inode(plain, bytes);
        commits.Name(FastCommitTag.Link, RootInode, plain, "linked-later"u8);
        commits.Delete(fragmented, 2, 1);
        commits.Add(fragmented, 1, 1, image.Geometry.BlocksCount - 5);
        commits.Inode(fragmented, image.Inode(fragmented));
        commits.Tail();
        byte[] fresh = image.Inode(image.Find("empty")).ToArray();
        commits.Inode(created, fresh);
        commits.Name(FastCommitTag.Create, RootInode, created, "created-later"u8);
        commits.Name(FastCommitTag.Unlink, RootInode, image.Find("middling"), "middling"u8);
        commits.Tail();
    }

    /// <summary>Turns the attribute that the tools could write into the context that they could not.</summary>
    public static void SetEncryptionContexts(WorkingImage image)
    {
        uint[] numbers = [.. EncryptedNames.Select(image.Find)];
        foreach (uint number in numbers)
        {
            Encrypt(image, number);
        }
    }

    /// <summary>Two inodes without a name, in the list that starts in the superblock.</summary>
    public static void ListOrphans(WorkingImage image)
    {
        uint first = image.Find("middling");
        uint second = image.Find("plain");
        image.Do("unlink middling", "unlink plain");
        image.Change(first, inode => Abandon(inode, second));
        image.Change(second, inode => Abandon(inode, 0));
        image.ChangeSuperblock(bytes => Le.PutU32(bytes, SuperblockView.SLastOrphan, first));
    }

    /// <summary>An inode without a name in the orphan file.</summary>
    public static void FileOrphan(WorkingImage image)
    {
        uint orphan = image.Find("middling");
        image.Do("unlink middling");
        image.Change(orphan, inode => Abandon(inode, 0));
        uint file = (uint)new SuperblockView(image.Superblock).OrphanFileInode.Value;
        ulong block = image.BlocksOf(file)[0];
        Le.PutU32(image.Block(block), 0, orphan);
        OrphanBlockWriter.Seal(image.Block(block), block, image.SeedOf(file));
        image.ChangeSuperblock(bytes => Le.PutU32(
            bytes, SuperblockView.SFeatureRoCompat,
            Le.U32(bytes, SuperblockView.SFeatureRoCompat) | (uint)ReadOnlyCompatibleFeatures.OrphanPresent));
    }

    /// <summary>Names a device that holds the journal.</summary>
    public static void MoveJournalAway(WorkingImage image) => image.ChangeSuperblock(bytes =>
    {
        const uint Device = 0x700;
        Le.PutU32(
            bytes, SuperblockView.SFeatureCompat,
            Le.U32(bytes, SuperblockView.SFeatureCompat) | (uint)CompatibleFeatures.HasJournal);
        Le.PutU32(bytes, SuperblockView.SJournalDev, Device);
        bytes.Slice(SuperblockView.SUuid, 16).CopyTo(bytes[SuperblockView.SJournalUuid..]);
    });

    /// <summary>The tools leave the machine's name, and a number of their choice, in the multiple-mount protection block.</summary>
    public static void ForgetHost(WorkingImage image)
    {
        const uint Clean = 0xFF4D_4D50;
        if (image.Geometry.Has(IncompatibleFeatures.MultipleMountProtection))
        {
            ulong block = new SuperblockView(image.Superblock).MultipleMountBlock.Value;
            MultipleMountWriter.Write(
                image.Block(block), Clean, Tool.Moment, "host"u8, "device"u8, image.Geometry.ChecksumSeed);
        }
    }

    /// <summary>Leaves changes in the journal: first blocks that a later transaction revokes, then the real ones.</summary>
    private static JournalScribe Interrupt(
        WorkingImage image, JournalIncompatibleFeatures incompatible, JournalCompatibleFeatures compatible)
    {
        WorkingImage changed = Change(image);
        JournalScribe journal = new(image, incompatible, compatible);
        ulong last = image.Geometry.BlocksCount - 1;
        byte[] junk = new byte[image.Geometry.BlockSize];
        junk.AsSpan().Fill(0x77);
        ulong root = image.BlocksOf(RootInode)[0];
        journal.Log((last, junk), (root, junk));
        journal.Commit();
        journal.Revoke(last, root);
        journal.Commit();
        List<(ulong Home, byte[] Data)> blocks = [];
        for (ulong block = 1; block <= last; block++)
        {
            if (!journal.Owns(block) && !image.Block(block).SequenceEqual(changed.Block(block)))
            {
                blocks.Add((block, changed.Block(block).ToArray()));
            }
        }

        foreach ((ulong Home, byte[] Data)[] part in blocks.Chunk(6))
        {
            journal.Log(part);
        }

        journal.Commit();
        return journal;
    }

    /// <summary>What the volume becomes: a file that starts with the journal's magic, a directory, one name less.</summary>
    private static WorkingImage Change(WorkingImage image)
    {
        WorkingImage changed = image.Copy();
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, [0xC0, 0x3B, 0x39, 0x98, .. new byte[1500]]);
            changed.Do($"write {file} journaled", "mkdir new", "ln plain new/plain", "unlink pipe", "ea_set few user.new value");
        }
        finally
        {
            File.Delete(file);
        }

        changed.Repair();
        changed.ChangeSuperblock(bytes => Le.PutU32(
            bytes, SuperblockView.SFeatureIncompat,
            Le.U32(bytes, SuperblockView.SFeatureIncompat) | (uint)IncompatibleFeatures.NeedsRecovery));
        return changed;
    }

    private static void Encrypt(WorkingImage image, uint number)
    {
        const ushort LinkType = 0xA000, TypeMask = 0xF000;
        if ((new InodeView(image.Inode(number)).Mode & TypeMask) == LinkType)
        {
            int length = (int)new InodeView(image.Inode(number)).FileSize;
            bool isFast = length < InodeView.BlockMapSize;
            Span<byte> target = isFast ? image.Inode(number)[InodeView.IBlock..] : image.Block(image.LinkBlockOf(number));
            Le.PutU16(target, 0, (ushort)(length - sizeof(ushort)));
        }

        image.Change(number, inode =>
        {
            AddFlag(inode, InodeFlags.Encrypted);
            int entry = InodeAttributesView.FirstEntryOf(inode);
            inode[entry + AttributeEntryView.ENameIndex] = (byte)AttributeNamespace.Encryption;
        });
    }

    private static void Abandon(Span<byte> inode, uint next)
    {
        Le.PutU16(inode, InodeView.ILinksCount, 0);
        Le.PutU32(inode, InodeView.IDtime, next);
    }

    private static void AddFlag(Span<byte> inode, InodeFlags flag) =>
        Le.PutU32(inode, InodeView.IFlags, Le.U32(inode, InodeView.IFlags) | (uint)flag);
}
