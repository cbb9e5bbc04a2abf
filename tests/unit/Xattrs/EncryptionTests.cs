using System.Text;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Xattrs;

public sealed class EncryptionTests
{
    private const uint File = 12;
    private const ushort LinkMode = 0xA1FF;

    [Theory]
    [InlineData(28, 1, FsError.NoKey)]
    [InlineData(40, 2, FsError.NoKey)]
    [InlineData(40, 1, FsError.Invalid)]
    [InlineData(28, 3, FsError.Invalid)]
    [InlineData(0, 0, FsError.Invalid)]
    [InlineData(44, 2, FsError.Range)]
    public void Contents_of_an_encrypted_file_are_refused_by_what_its_context_is(int size, byte version, FsError expected)
    {
        TinyVolume image = new(features: IncompatibleFeatures.Encryption);
        _ = image.AddFile(File, new byte[100]);
        Le.PutU32(image.Inode(File), InodeView.IFlags, (uint)(InodeFlags.Extents | InodeFlags.Encrypted));
        AddContext(image, size, version);

        Assert.Equal(expected, Read(image));
    }

    [Fact]
    public void Contents_of_an_encrypted_file_without_a_context_are_refused_for_want_of_it()
    {
        TinyVolume image = new(features: IncompatibleFeatures.Encryption);
        _ = image.AddFile(File, new byte[100]);
        Le.PutU32(image.Inode(File), InodeView.IFlags, (uint)(InodeFlags.Extents | InodeFlags.Encrypted));

        Assert.Equal(FsError.NoData, Read(image));
    }

    [Fact]
    public void An_encrypted_link_shows_its_ciphertext_as_text_and_its_size_is_that_texts()
    {
        // Kernel 6.18, a link to "t": 34 bytes in the inode.
        using Volume volume = LinkOf(32).Mount();
        Workspace workspace = volume.CreateWorkspace();
        byte[] target = new byte[100];

        Assert.Equal(FsError.None, volume.ReadLink(workspace, Number(volume), target, out int length));
        Assert.Equal("AAAAAAAAAAAHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw", Encoding.ASCII.GetString(target, 0, length));
        Assert.Equal(FsError.Range, volume.ReadLink(workspace, Number(volume), target.AsSpan(0, length - 1), out _));
        Assert.Equal(FsError.None, volume.Stat(workspace, Number(volume), out InodeStat stat));
        Assert.Equal(length, stat.Size);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(59)]
    public void An_encrypted_link_of_an_impossible_length_is_corrupt(ushort size)
    {
        using Volume volume = LinkOf(size).Mount();

        var damage = Assert.Throws<CorruptionException>(
            () => volume.ReadLink(volume.CreateWorkspace(), Number(volume), new byte[300], out _));
        Assert.Equal(CorruptionCode.LinkLengthOutOfRange, damage.Code);
    }

    private static TinyVolume LinkOf(ushort size)
    {
        TinyVolume image = new(features: IncompatibleFeatures.Encryption);
        Span<byte> inode = image.AddInode(File, 34, InodeFlags.Encrypted);
        Le.PutU16(inode, InodeView.IMode, LinkMode);
        inode.Slice(InodeView.IBlock, InodeView.BlockMapSize).Fill(7);
        Le.PutU16(inode, InodeView.IBlock, size);
        AddContext(image, 40, 2);
        return image;
    }

    private static void AddContext(TinyVolume image, int size, byte version)
    {
        byte[] context = new byte[size];
        context.AsSpan().Fill(version);
        AttributeListWriter writer = new(image.AddAttributeRoom(File), 0);
        Assert.True(writer.TryAdd(AttributeNamespace.Encryption, "c"u8, context, 0));
    }

    private static FsError Read(TinyVolume image)
    {
        using Volume volume = image.Mount();
        return volume.Read(volume.CreateWorkspace(), Number(volume), 0, new byte[10], out _);
    }

    private static InodeNumber Number(Volume volume)
    {
        volume.Admit(new ClaimedInode(File), out InodeNumber number);
        return number;
    }
}
