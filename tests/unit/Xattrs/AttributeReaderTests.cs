using System.Text;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Xattrs;

public sealed class AttributeReaderTests
{
    private const uint File = 12, ValueInode = 14;

    [Fact]
    public void Attributes_of_the_inode_are_listed_before_those_of_the_block_each_in_its_order()
    {
        using Volume volume = Typical().Mount();

        Assert.Equal(["user.z", "security.a", "user.b", "trusted.c"], List(volume, isPrivileged: true), StringComparer.Ordinal);
        Assert.Equal(["user.z", "security.a", "user.b"], List(volume, isPrivileged: false), StringComparer.Ordinal);
    }

    [Fact]
    public void Every_listed_name_gives_its_value()
    {
        using Volume volume = Typical().Mount();

        string[] values = [.. List(volume, isPrivileged: true).Select(name => Text(Get(volume, name).Value))];
        Assert.Equal(["1", "22", "333", "4444"], values, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("user.none", FsError.NoData)]
    [InlineData("user.", FsError.Invalid)]
    [InlineData("lustre.x", FsError.NotSupported)]
    [InlineData("system.data", FsError.NotSupported)]
    [InlineData("system.posix_acl_accessory", FsError.NotSupported)]
    [InlineData("system.posix_acl_access", FsError.NoData)]
    [InlineData("", FsError.Range)]
    public void A_name_without_an_attribute_is_refused_as_the_kernel_refuses_it(string name, FsError expected)
    {
        using Volume volume = Typical().Mount();

        Assert.Equal(expected, Get(volume, name).Error);
    }

    [Fact]
    public void A_short_buffer_is_refused_and_an_empty_one_tells_the_length()
    {
        using Volume volume = Typical().Mount();
        Workspace workspace = volume.CreateWorkspace();
        InodeNumber number = Number(volume);
        byte[] buffer = new byte[4];

        Assert.Equal(FsError.None, volume.GetAttribute(workspace, number, "trusted.c"u8, default, out int length));
        Assert.Equal(4, length);
        Assert.Equal(FsError.Range, volume.GetAttribute(workspace, number, "trusted.c"u8, buffer.AsSpan(0, 3), out _));
        Assert.Equal(FsError.None, volume.GetAttribute(workspace, number, "trusted.c"u8, buffer, out _));
        Assert.Equal(FsError.None, volume.ListAttributes(workspace, number, true, default, out length));
        Assert.Equal(FsError.Range, volume.ListAttributes(workspace, number, true, new byte[length - 1], out _));
        Assert.Equal(FsError.None, volume.ListAttributes(workspace, number, true, new byte[length], out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(11)]
    public void Attributes_of_other_namespaces_are_not_listed(byte space)
    {
        TinyVolume image = new();
        AddEmptyFile(image);
        AttributeListWriter writer = new(image.AddAttributeRoom(File), 0);
        Assert.True(writer.TryAdd((AttributeNamespace)space, "c"u8, "hidden"u8, 0));
        Assert.True(writer.TryAdd(AttributeNamespace.Hurd, "seen"u8, default, 0));
        using Volume volume = image.Mount();

        Assert.Equal(["gnu.seen"], List(volume, isPrivileged: true), StringComparer.Ordinal);
    }

    [Fact]
    public void User_attributes_exist_on_files_and_directories_alone_and_access_lists_not_on_links()
    {
        TinyVolume image = Typical();
        Le.PutU16(image.Inode(File), InodeView.IMode, 0xA1FF);
        Le.PutU32(image.Inode(File), InodeView.ISizeLo, 3);
        "abc"u8.CopyTo(image.Inode(File)[InodeView.IBlock..]);
        Le.PutU32(image.Inode(File), InodeView.IFlags, 0);
        image.Inode(File)[InodeView.IBlock + 3] = 0;
        Le.PutU32(image.Inode(File), InodeView.IBlocksLo, 2);
        using Volume volume = image.Mount();

        Assert.Equal(FsError.NoData, Get(volume, "user.z").Error);
        Assert.Equal(FsError.NotSupported, Get(volume, "system.posix_acl_access").Error);
        Assert.Equal("22", Text(Get(volume, "security.a").Value));
    }

    [Theory]
    [InlineData(CorruptionCode.AttributeMagic, AttributeBlockView.HMagic)]
    [InlineData(CorruptionCode.AttributeBlockCountMismatch, AttributeBlockView.HBlocks)]
    [InlineData(CorruptionCode.AttributeChecksum, AttributeBlockView.HRefcount)]
    public void A_damaged_block_is_reported(CorruptionCode code, int offset)
    {
        TinyVolume image = Typical();
        uint block = Le.U32(image.Inode(File), InodeView.IFileAclLo);
        image.Block(block)[offset] ^= 0x40;
        using Volume volume = image.Mount();

        var damage = Assert.Throws<CorruptionException>(() => Get(volume, "user.b"));
        Assert.Equal((code, StructureKind.AttributeBlock, (ulong)block), (damage.Code, damage.Where.Structure, damage.Where.Block));
        Assert.Equal("1", Text(Get(volume, "user.z").Value));
    }

    [Fact]
    public void A_block_outside_the_volume_refuses_the_inode()
    {
        TinyVolume image = Typical();
        Le.PutU32(image.Inode(File), InodeView.IFileAclLo, 512);
        using Volume volume = image.Mount();

        var damage = Assert.Throws<CorruptionException>(() => volume.Stat(volume.CreateWorkspace(), Number(volume), out _));
        Assert.Equal(CorruptionCode.BlockOutOfRange, damage.Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(5000)]
    [InlineData(65536)]
    public void A_value_in_its_own_inode_reads_as_it_was_written(int length)
    {
        byte[] value = new byte[length];
        new Random(length).NextBytes(value);
        using Volume volume = WithValueInode(value).Mount();

        Assert.Equal(value, Get(volume, "user.big").Value);
    }

    [Fact]
    public void A_hash_made_with_signed_characters_is_taken_too()
    {
        byte[] name = Encoding.UTF8.GetBytes("na\u00EFve");
        TinyVolume image = WithValueInode([1, 2, 3]);
        uint checksum = Le.U32(image.Inode(ValueInode), InodeView.IAtime);
        RewriteEntry(image, name, 3, AttributeHash.OfEntrySigned(name, checksum));
        using Volume volume = image.Mount();

        Assert.Equal([1, 2, 3], Get(volume, "user.na\u00EFve").Value);
    }

    [Fact]
    public void An_inode_that_lustre_made_needs_no_checksums()
    {
        TinyVolume image = WithValueInode([1, 2, 3]);
        Span<byte> inode = image.Inode(ValueInode);
        Le.PutU32(inode, InodeView.IAtime, 1);
        Le.PutU32(inode, InodeView.IMtime, File);
        Le.PutU32(inode, InodeView.IGeneration, File * 3);
        using Volume volume = image.Mount();

        Assert.Equal([1, 2, 3], Get(volume, "user.big").Value);
    }

    [Fact]
    public void A_value_that_does_not_match_its_checksum_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeValueChecksum, image => image.Inode(ValueInode)[InodeView.IAtime] ^= 1);

    [Fact]
    public void A_name_that_does_not_match_its_hash_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeEntryChecksum, image => RewriteEntry(image, "big"u8, 3, 0x1234));

    [Fact]
    public void A_value_inode_of_another_size_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeSizeMismatch, image => image.Inode(ValueInode)[InodeView.ISizeLo] ^= 1);

    [Fact]
    public void A_value_inode_without_its_mark_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeFlagsContradict,
        image => Le.PutU32(image.Inode(ValueInode), InodeView.IFlags, (uint)InodeFlags.Extents));

    [Fact]
    public void A_value_inode_with_attributes_of_its_own_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeHasAttributes, image => image.AddAttributeBlock(ValueInode));

    [Fact]
    public void A_value_inode_with_a_hole_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeHasHole, image => TinyVolume.WriteExtents(image.Inode(ValueInode)));

    [Fact]
    public void A_value_inode_that_nothing_uses_is_corrupt() => AssertDamage(
        CorruptionCode.InodeNotInUse, image => Le.PutU16(image.Inode(ValueInode), InodeView.ILinksCount, 0));

    [Fact]
    public void A_value_in_the_inode_that_has_the_attribute_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeIsOwner, image => PutEntryField(image, AttributeEntryView.EValueInum, File));

    [Fact]
    public void A_reserved_value_inode_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeOutOfRange, image => PutEntryField(image, AttributeEntryView.EValueInum, 10));

    [Fact]
    public void A_value_inode_beyond_the_last_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeOutOfRange, image => PutEntryField(image, AttributeEntryView.EValueInum, 33));

    [Fact]
    public void A_value_inode_for_no_value_is_corrupt() => AssertDamage(
        CorruptionCode.AttributeInodeForEmptyValue, image => PutEntryField(image, AttributeEntryView.EValueSize, 0));

    [Fact]
    public void A_value_inode_on_a_volume_without_the_feature_is_corrupt()
    {
        TinyVolume image = WithValueInode([1, 2, 3], default);

        AssertDamage(CorruptionCode.AttributeInodeWithoutFeature, image);
    }

    [Fact]
    public void An_access_list_is_given_in_the_form_of_user_space_wherever_it_lies()
    {
        byte[] list = AccessList();
        TinyVolume beside = new();
        AddEmptyFile(beside);
        AttributeListWriter writer = new(beside.AddAttributeRoom(File), 0);
        Assert.True(writer.TryAdd(AttributeNamespace.AccessList, default, list, 0));
        TinyVolume apart = WithValueInode(list);
        RewriteEntry(
            apart, default, list.Length, AttributeHash.OfEntry(default, Crc32C.Append(apart.ChecksumSeed, list)), AttributeNamespace.AccessList);
        foreach (TinyVolume image in (TinyVolume[])[beside, apart])
        {
            using Volume volume = image.Mount();
            Assert.Equal(["system.posix_acl_access"], List(volume, isPrivileged: false), StringComparer.Ordinal);
            byte[] value = Get(volume, "system.posix_acl_access").Value;
            Assert.Equal(
                "0200000001000700FFFFFFFF02000600E803000004000500FFFFFFFF10000700FFFFFFFF20000400FFFFFFFF", Convert.ToHexString(value));
            Workspace workspace = volume.CreateWorkspace();
            Assert.Equal(
                FsError.Range,
                volume.GetAttribute(workspace, Number(volume), "system.posix_acl_access"u8, new byte[value.Length - 1], out _));
            Assert.Equal(
                FsError.None, volume.GetAttribute(workspace, Number(volume), "system.posix_acl_access"u8, default, out int length));
            Assert.Equal(value.Length, length);
        }
    }

    [Fact]
    public void Finding_and_listing_allocate_nothing()
    {
        using Volume volume = Typical().Mount();
        using Volume other = WithValueInode(new byte[5000]).Mount();
        Workspace workspace = volume.CreateWorkspace();
        Workspace otherWorkspace = other.CreateWorkspace();
        InodeNumber number = Number(volume);
        byte[] buffer = new byte[8192];

        AllocationGate.Zero(() => volume.GetAttribute(workspace, number, "trusted.c"u8, buffer, out _));
        AllocationGate.Zero(() => volume.ListAttributes(workspace, number, true, buffer, out _));
        AllocationGate.Zero(() => other.GetAttribute(otherWorkspace, number, "user.big"u8, buffer, out _));
    }

    private static TinyVolume Typical()
    {
        TinyVolume image = new();
        AddEmptyFile(image);
        AttributeListWriter inside = new(image.AddAttributeRoom(File), 0);
        Assert.True(inside.TryAdd(AttributeNamespace.User, "z"u8, "1"u8, 0));
        Assert.True(inside.TryAdd(AttributeNamespace.Security, "a"u8, "22"u8, 0));
        uint block = image.AddAttributeBlock(File);
        AttributeListWriter outside = new(image.Block(block), AttributeBlockView.HeaderSize);
        Assert.True(outside.TryAdd(AttributeNamespace.User, "b"u8, "333"u8, AttributeHash.OfEntry("b"u8, "333"u8)));
        Assert.True(outside.TryAdd(AttributeNamespace.Trusted, "c"u8, "4444"u8, AttributeHash.OfEntry("c"u8, "4444"u8)));
        image.SealAttributeBlock(block);
        return image;
    }

    private static TinyVolume WithValueInode(
        ReadOnlySpan<byte> value, IncompatibleFeatures features = IncompatibleFeatures.AttributeInodes)
    {
        TinyVolume image = new(features: features);
        AddEmptyFile(image);
        uint checksum = image.AddValueInode(ValueInode, value);
        RewriteEntry(image, "big"u8, value.Length, AttributeHash.OfEntry("big"u8, checksum));
        return image;
    }

    private static void AddEmptyFile(TinyVolume image)
    {
        _ = image.AddInode(File, 0, InodeFlags.Extents);
        TinyVolume.WriteExtents(image.Inode(File));
    }

    private static void RewriteEntry(
        TinyVolume image, ReadOnlySpan<byte> name, int size, uint hash, AttributeNamespace space = AttributeNamespace.User)
    {
        image.Inode(File)[(InodeView.Size + 32)..].Clear();
        AttributeListWriter writer = new(image.AddAttributeRoom(File), 0);
        Assert.True(writer.TryAddReference(space, name, ValueInode, (uint)size, hash));
    }

    private static void PutEntryField(TinyVolume image, int field, uint value) =>
        Le.PutU32(image.Inode(File), InodeView.Size + 32 + InodeAttributesView.HeaderSize + field, value);

    private static byte[] AccessList()
    {
        AccessListEntry[] entries =
        [
            new(AccessListTag.Owner, 7, AccessListEntry.NoIdentity),
            new(AccessListTag.User, 6, 1000),
            new(AccessListTag.OwningGroup, 5, AccessListEntry.NoIdentity),
            new(AccessListTag.Mask, 7, AccessListEntry.NoIdentity),
            new(AccessListTag.Other, 4, AccessListEntry.NoIdentity),
        ];
        byte[] bytes = new byte[100];
        AccessControlListWriter.Initialise(bytes);
        int offset = AccessControlListView.HeaderSize;
        foreach (AccessListEntry entry in entries)
        {
            AccessControlListWriter.Put(bytes, ref offset, entry);
        }

        return bytes[..offset];
    }

    private static void AssertDamage(CorruptionCode code, Action<TinyVolume> damage)
    {
        TinyVolume image = WithValueInode([1, 2, 3]);
        using (Volume volume = image.Mount())
        {
            Assert.Equal([1, 2, 3], Get(volume, "user.big").Value);
        }

        damage(image);
        AssertDamage(code, image);
    }

    private static void AssertDamage(CorruptionCode code, TinyVolume image)
    {
        using Volume volume = image.Mount();
        Assert.Equal(code, Assert.Throws<CorruptionException>(() => Get(volume, "user.big")).Code);
    }

    private static InodeNumber Number(Volume volume)
    {
        volume.Admit(new ClaimedInode(File), out InodeNumber number);
        return number;
    }

    private static (FsError Error, byte[] Value) Get(Volume volume, string name)
    {
        byte[] buffer = new byte[65536];
        FsError error = volume.GetAttribute(
            volume.CreateWorkspace(), Number(volume), Encoding.UTF8.GetBytes(name), buffer, out int length);
        return (error, error == FsError.None ? buffer[..length] : []);
    }

    private static string[] List(Volume volume, bool isPrivileged)
    {
        byte[] buffer = new byte[65536];
        Assert.Equal(
            FsError.None, volume.ListAttributes(volume.CreateWorkspace(), Number(volume), isPrivileged, buffer, out int length));
        return Text(buffer.AsSpan(0, length)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
