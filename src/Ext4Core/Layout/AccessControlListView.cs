using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>A POSIX access control list as the volume keeps it: entries that name nobody are cut short.</summary>
/// <remarks><c>ext4_acl_header</c>, 4 bytes, then <c>ext4_acl_entry_short</c> (4 bytes) or <c>ext4_acl_entry</c>
/// (8 bytes). The order of entries is not checked, as the kernel does not on reading.</remarks>
internal readonly ref struct AccessControlListView
{
    public const int HeaderSize = 4;
    public const int ShortEntrySize = 4;
    public const int LongEntrySize = 8;
    public const uint ExpectedVersion = 1;
    [DiskFields(LongEntrySize)]
    public const int AVersion = 0x0, ETag = 0x0, EPerm = 0x2, EId = 0x4;

    /// <summary>A list has one entry each for owner, group, mask and others: all without an identity.</summary>
    private const int MaximumShortEntries = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    private AccessControlListView(ReadOnlySpan<byte> bytes, int entryCount)
    {
        _bytes = bytes;
        EntryCount = entryCount;
    }

    /// <summary>Entries in the list; 0 means that there is none.</summary>
    public int EntryCount { get; }

    /// <summary>Admits a list: its version, its size, and that its entries fill it exactly.</summary>
    public static AccessControlListView Parse(ReadOnlySpan<byte> bytes, scoped in DiskLocation where)
    {
        if (!TryParse(bytes, where, out AccessControlListView list, out Damage damage))
        {
            damage.ThrowIfAny();
        }

        return list;
    }

    /// <summary>The same without a throw.</summary>
    /// <returns>False for a list that is damaged: <paramref name="damage"/> says how.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, scoped in DiskLocation where, out AccessControlListView list, out Damage damage)
    {
        list = default;
        if (!TryCount(bytes.Length, where, out int entryCount, out damage))
        {
            return false;
        }

        uint version = Le.U32(bytes, AVersion);
        damage = version == ExpectedVersion
            ? ExamineEntries(bytes, entryCount, where)
            : new(CorruptionCode.AccessListVersionMismatch, where.At(AVersion), version, ExpectedVersion);
        list = new(bytes, entryCount);
        return damage.IsNone;
    }

    /// <summary>Reads the entry at <paramref name="offset"/> (first: <see cref="HeaderSize"/>) and moves on.</summary>
    public AccessListEntry Read(ref int offset)
    {
        AccessListTag tag = (AccessListTag)Le.U16(_bytes, offset + ETag);
        ushort permissions = Le.U16(_bytes, offset + EPerm);
        bool hasIdentity = HasIdentity(tag);
        uint identity = hasIdentity ? Le.U32(_bytes, offset + EId) : AccessListEntry.NoIdentity;
        offset += hasIdentity ? LongEntrySize : ShortEntrySize;
        return new(tag, permissions, identity);
    }

    /// <summary>Whether an entry names a user or group.</summary>
    public static bool HasIdentity(AccessListTag tag) => tag is AccessListTag.User or AccessListTag.Group;

    /// <summary>Entries in a list of this size, header included: up to four short ones, or four and the rest long.</summary>
    public static int CountOf(int size, in DiskLocation where)
    {
        if (!TryCount(size, where, out int entryCount, out Damage damage))
        {
            damage.ThrowIfAny();
        }

        return entryCount;
    }

    private static bool TryCount(int size, in DiskLocation where, out int entryCount, out Damage damage)
    {
        int longPart = Math.Max(0, size - HeaderSize - (MaximumShortEntries * ShortEntrySize));
        int excess = longPart == 0 ? size % ShortEntrySize : longPart % LongEntrySize;
        damage = size < HeaderSize ? new(CorruptionCode.AccessListSize, where, (ulong)size, HeaderSize)
            : excess != 0 ? new(CorruptionCode.AccessListSize, where, (ulong)size, (ulong)(size - excess))
            : default;
        entryCount = damage.IsNone ? ((size - HeaderSize - longPart) / ShortEntrySize) + (longPart / LongEntrySize) : 0;
        return damage.IsNone;
    }

    private static Damage ExamineEntries(ReadOnlySpan<byte> bytes, int entryCount, in DiskLocation where)
    {
        int at = HeaderSize;
        for (int index = 0; index < entryCount; index++)
        {
            if (at > bytes.Length - ShortEntrySize)
            {
                return new(CorruptionCode.AccessListSize, where, (ulong)bytes.Length, (ulong)(at + ShortEntrySize));
            }

            ushort tag = Le.U16(bytes, at + ETag);
            int size = SizeOf((AccessListTag)tag);
            if (size == 0)
            {
                return new(CorruptionCode.AccessListTagUnknown, where.At(at + ETag), tag, (ulong)AccessListTag.Other);
            }

            at += size;
        }

        return at == bytes.Length ? default : new(CorruptionCode.AccessListSize, where, (ulong)bytes.Length, (ulong)at);
    }

    /// <summary>Bytes of an entry; none for a tag that nobody knows.</summary>
    private static int SizeOf(AccessListTag tag) => tag switch
    {
        AccessListTag.User or AccessListTag.Group => LongEntrySize,
        AccessListTag.Owner or AccessListTag.OwningGroup or AccessListTag.Mask or AccessListTag.Other => ShortEntrySize,
        _ => 0,
    };
}

/// <summary>One entry of an access control list.</summary>
/// <param name="Tag">Whom it speaks of.</param>
/// <param name="Permissions">Read 4, write 2, execute 1.</param>
/// <param name="Identity">The user or group, or <see cref="NoIdentity"/>.</param>
internal readonly record struct AccessListEntry(AccessListTag Tag, ushort Permissions, uint Identity)
{
    /// <summary>What stands for an identity where there is none.</summary>
    public const uint NoIdentity = 0xFFFF_FFFF;
}

/// <summary><c>e_tag</c>: whom an entry of an access control list speaks of.</summary>
internal enum AccessListTag : ushort
{
    /// <summary>The owner: ACL_USER_OBJ.</summary>
    Owner = 0x01,

    /// <summary>A named user.</summary>
    User = 0x02,

    /// <summary>The owning group: ACL_GROUP_OBJ.</summary>
    OwningGroup = 0x04,

    /// <summary>A named group.</summary>
    Group = 0x08,

    /// <summary>The most that named users and groups get.</summary>
    Mask = 0x10,

    /// <summary>Everybody else.</summary>
    Other = 0x20,
}

/// <summary>Writes an access control list as the volume keeps it.</summary>
internal static class AccessControlListWriter
{
    /// <summary>Writes the header.</summary>
    public static void Initialise(Span<byte> bytes) =>
        Le.PutU32(bytes, AccessControlListView.AVersion, AccessControlListView.ExpectedVersion);

    /// <summary>Writes one entry and moves on.</summary>
    public static void Put(Span<byte> bytes, ref int offset, in AccessListEntry entry)
    {
        Le.PutU16(bytes, offset + AccessControlListView.ETag, (ushort)entry.Tag);
        Le.PutU16(bytes, offset + AccessControlListView.EPerm, entry.Permissions);
        offset += AccessControlListView.ShortEntrySize;
        if (AccessControlListView.HasIdentity(entry.Tag))
        {
            Le.PutU32(bytes, offset, entry.Identity);
            offset += AccessControlListView.LongEntrySize - AccessControlListView.ShortEntrySize;
        }
    }
}

/// <summary>A POSIX access control list as user space sees it: a header, then entries of one size.</summary>
/// <remarks><c>posix_acl_xattr_header</c>, 4 bytes, and <c>posix_acl_xattr_entry</c>, 8 bytes: the value of
/// <c>system.posix_acl_access</c> and <c>system.posix_acl_default</c>.</remarks>
internal static class PortableAccessList
{
    public const int HeaderSize = 4;
    public const int EntrySize = 8;
    public const uint Version = 2;

    /// <summary>Bytes that a list of this many entries takes.</summary>
    public static int SizeOf(int entryCount) => HeaderSize + (entryCount * EntrySize);

    /// <summary>Writes the whole list; <paramref name="target"/> has room for it.</summary>
    public static void Write(in AccessControlListView list, Span<byte> target)
    {
        Le.PutU32(target, 0, Version);
        int source = AccessControlListView.HeaderSize;
        for (int index = 0; index < list.EntryCount; index++)
        {
            AccessListEntry entry = list.Read(ref source);
            Span<byte> bytes = target.Slice(SizeOf(index), EntrySize);
            Le.PutU16(bytes, AccessControlListView.ETag, (ushort)entry.Tag);
            Le.PutU16(bytes, AccessControlListView.EPerm, entry.Permissions);
            Le.PutU32(bytes, AccessControlListView.EId, entry.Identity);
        }
    }
}
