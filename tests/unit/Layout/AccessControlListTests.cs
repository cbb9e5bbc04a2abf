using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Layout;

public sealed class AccessControlListTests
{
    private static readonly DiskLocation Here = new(StructureKind.AccessControlList, 40, 0x1C0, 12);

    private static readonly AccessListEntry[] Typical =
    [
        new(AccessListTag.Owner, 6, AccessListEntry.NoIdentity),
        new(AccessListTag.User, 4, 1000),
        new(AccessListTag.OwningGroup, 4, AccessListEntry.NoIdentity),
        new(AccessListTag.Group, 5, 7),
        new(AccessListTag.Mask, 7, AccessListEntry.NoIdentity),
        new(AccessListTag.Other, 0, AccessListEntry.NoIdentity),
    ];

    [Fact]
    public void A_list_becomes_what_user_space_sees()
    {
        AccessControlListView list = AccessControlListView.Parse(Write(Typical), Here);
        byte[] portable = new byte[PortableAccessList.SizeOf(list.EntryCount)];
        PortableAccessList.Write(list, portable);

        Assert.Equal(
            "0200000001000600FFFFFFFF02000400E803000004000400FFFFFFFF080005000700000010000700FFFFFFFF20000000FFFFFFFF",
            Convert.ToHexString(portable));
    }

    [Fact]
    public void A_list_of_a_header_alone_has_no_entries() =>
        Assert.Equal(0, AccessControlListView.Parse(Write([]), Here).EntryCount);

    [Fact]
    public void A_list_shorter_than_its_header_is_corrupt() =>
        AssertDamage(CorruptionCode.AccessListSize, Here, 3, 4, new byte[3]);

    [Fact]
    public void A_list_of_another_version_is_corrupt()
    {
        byte[] bytes = Write(Typical);
        Le.PutU32(bytes, AccessControlListView.AVersion, 2);

        AssertDamage(CorruptionCode.AccessListVersionMismatch, Here, 2, 1, bytes);
    }

    [Fact]
    public void An_entry_of_an_unknown_kind_is_corrupt()
    {
        byte[] bytes = Write(Typical);
        Le.PutU16(bytes, 4, 3);

        AssertDamage(CorruptionCode.AccessListTagUnknown, Here.At(4), 3, 0x20, bytes);
    }

    [Fact]
    public void Entries_that_do_not_fill_the_list_are_corrupt()
    {
        byte[] bytes = Write(Typical);

        AssertDamage(CorruptionCode.AccessListSize, Here, 35, 28, bytes[..^1]);
        AssertDamage(CorruptionCode.AccessListSize, Here, 32, 28, bytes[..^4]);
        AssertDamage(CorruptionCode.AccessListSize, Here, 44, 40, [.. bytes, .. ShortEntry, .. ShortEntry]);
    }

    [Fact]
    public void A_named_user_in_a_list_with_room_for_short_entries_alone_is_corrupt()
    {
        byte[] bytes = Write([Typical[0], Typical[1]]);

        AssertDamage(CorruptionCode.AccessListSize, Here, 16, 20, bytes);
    }

    private static ReadOnlySpan<byte> ShortEntry => [0x20, 0, 0, 0];

    private static byte[] Write(ReadOnlySpan<AccessListEntry> entries)
    {
        byte[] bytes = new byte[256];
        AccessControlListWriter.Initialise(bytes);
        int offset = AccessControlListView.HeaderSize;
        foreach (AccessListEntry entry in entries)
        {
            AccessControlListWriter.Put(bytes, ref offset, entry);
        }

        return bytes[..offset];
    }

    private static void AssertDamage(CorruptionCode code, DiskLocation where, ulong found, ulong expected, byte[] bytes)
    {
        var damage = Assert.Throws<CorruptionException>(() => { _ = AccessControlListView.Parse(bytes, Here); });
        Assert.Equal((code, where, found, expected), (damage.Code, damage.Where, damage.Found, damage.Expected));
    }
}
