using System.Text;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Directories;

public sealed class DirectoryReaderTests
{
    private const int BlockSize = DirectoryVolume.BlockSize;

    [Fact]
    public void Names_are_found_in_every_block_and_listed_in_order()
    {
        DirectoryVolume volume = new() { Blocks = [Linear("a", "b"), Linear("c")] };

        Assert.Equal(["a", "b", "c"], List(volume));
        Assert.Equal(FsError.None, Lookup(volume, "c"));
        Assert.Equal(FsError.NotFound, Lookup(volume, "d"));
        Assert.Equal(FsError.NotFound, Lookup(volume, ""));
        Assert.Equal(FsError.NameTooLong, Lookup(volume, new string('n', 256)));
    }

    [Fact]
    public void Holes_are_passed_over() =>
        Assert.Equal(["a", "b"], List(new() { Blocks = [null, Linear("a"), null, null, Linear("b")] }));

    [Fact]
    public void Entries_behind_the_size_are_not_there()
    {
        byte[] block = new byte[BlockSize];
        DirectoryBlockWriter.Put(block, 0, 512, DirectoryVolume.ChildInode, "a"u8, DirectoryEntryType.Regular);
        DirectoryBlockWriter.Put(block, 512, 512, DirectoryVolume.ChildInode, "b"u8, DirectoryEntryType.Regular);
        Assert.Equal(["a"], List(new() { Blocks = [block], Size = 512 }));
        Assert.Equal(["a", "b"], List(new() { Blocks = [block], Size = 513 }));
    }

    [Fact]
    public void A_listing_goes_on_from_any_cookie_and_any_position_between()
    {
        using Volume volume = new DirectoryVolume { Blocks = [Linear("a", "b", "c")] }.Mount();
        Assert.Equal(["a", "b", "c"], ListFrom(volume, 0));
        Assert.Equal(["b", "c"], ListFrom(volume, 1));
        Assert.Equal(["b", "c"], ListFrom(volume, 12));
        Assert.Equal(["c"], ListFrom(volume, 13));
        Assert.Empty(ListFrom(volume, BlockSize));
        Assert.Empty(ListFrom(volume, ulong.MaxValue));
    }

    [Fact]
    public void Types_are_unknown_without_the_filetype_feature()
    {
        Assert.Equal(FileType.Regular, TypeOf(new() { Blocks = [Linear("a")] }));
        Assert.Equal(FileType.Unknown, TypeOf(new() { Blocks = [Linear("a")], Incompatible = default }));
    }

    [Fact]
    public void Entries_in_front_of_damage_are_found_and_listed_and_then_the_damage_is_raised()
    {
        byte[] block = Linear("a", "b", "c");
        Le.PutU16(block, 12 + DirectoryEntryView.DeRecLen, 8);
        using Volume volume = new DirectoryVolume { Blocks = [block] }.Mount();
        Workspace workspace = volume.CreateWorkspace();
        NameSink sink = new();

        Assert.Equal(FsError.None, volume.Lookup(workspace, DirectoryVolume.Directory, "a"u8, out _));
        Assert.Equal(FsError.None, volume.List(workspace, DirectoryVolume.Directory, 0, ref sink));
        Assert.Equal(["a"], sink.Names);
        var listing = Assert.Throws<CorruptionException>(
            () => volume.List(workspace, DirectoryVolume.Directory, sink.Cookie, ref sink));
        var lookup = Assert.Throws<CorruptionException>(
            () => volume.Lookup(workspace, DirectoryVolume.Directory, "c"u8, out _));
        Assert.Equal(CorruptionCode.DirectoryEntryTooShort, listing.Code);
        Assert.Equal(listing.Message, lookup.Message);
    }

    [Fact]
    public void Damage_in_a_directory_reads_well()
    {
        byte[] block = Linear("a");
        Le.PutU16(block, DirectoryEntryView.DeRecLen, 2048);
        Snapshot.Verify(Assert.Throws<CorruptionException>(() => Lookup(new() { Blocks = [block] }, "b")).Message);
    }

    [Theory]
    [InlineData(12u, CorruptionCode.DirectoryEntryLoop)]
    [InlineData(8u, CorruptionCode.DirectoryEntryOfSystemInode)]
    [InlineData(33u, CorruptionCode.InodeOutOfRange)]
    public void A_name_for_an_inode_that_it_cannot_mean_is_damage(uint inode, CorruptionCode code)
    {
        byte[] block = Linear("a");
        Le.PutU32(block, DirectoryEntryView.DeInode, inode);
        Assert.Equal(code, Damage(() => Lookup(new() { Blocks = [block] }, "a")));
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(13u)]
    [InlineData(32u)]
    public void A_name_for_the_root_or_an_ordinary_inode_is_fine(uint inode)
    {
        byte[] block = Linear("a");
        Le.PutU32(block, DirectoryEntryView.DeInode, inode);
        Assert.Equal(FsError.None, Lookup(new() { Blocks = [block] }, "a"));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("/")]
    [InlineData("")]
    public void A_name_that_no_path_can_hold_is_damage_to_a_listing(string name)
    {
        DirectoryVolume volume = new() { Blocks = [Linear("a", name)] };
        Assert.Equal(FsError.None, Lookup(volume, "a"));
        Assert.Equal(CorruptionCode.DirectoryNameForbidden, Damage(() => List(volume)));
    }

    [Fact]
    public void A_block_with_a_right_checksum_is_read()
    {
        DirectoryVolume volume = new() { HasChecksums = true, Blocks = [Sealed(Linear("a"))] };
        Assert.Equal(FsError.None, Lookup(volume, "a"));
        Assert.Equal(["a"], List(volume));
    }

    [Fact]
    public void A_block_with_a_wrong_checksum_is_damage()
    {
        byte[] block = Sealed(Linear("a"));
        block[DirectoryEntryView.DeName]++;
        DirectoryVolume volume = new() { HasChecksums = true, Blocks = [block] };
        Assert.Equal(CorruptionCode.DirectoryChecksum, Damage(() => Lookup(volume, "b")));
        Assert.Equal(CorruptionCode.DirectoryChecksum, Damage(() => List(volume)));
    }

    [Fact]
    public void A_block_without_its_tail_is_damage()
    {
        DirectoryVolume volume = new() { HasChecksums = true, Blocks = [Linear("a")] };
        Assert.Equal(CorruptionCode.DirectoryTailMissing, Damage(() => Lookup(volume, "a")));
    }

    [Fact]
    public void The_only_block_of_a_directory_must_be_there_where_the_volume_has_indexes()
    {
        DirectoryVolume volume = new() { Blocks = [null] };
        Assert.Empty(List(volume));
        DirectoryVolume indexed = new() { Blocks = [null], Compatible = CompatibleFeatures.DirectoryIndex };
        Assert.Equal(CorruptionCode.DirectoryHole, Damage(() => List(indexed)));
    }

    [Fact]
    public void An_encrypted_directory_that_does_not_say_how_shows_no_names()
    {
        DirectoryVolume volume = Encrypted(new string('c', 16)) with { OmitsEncryptionContext = true };
        using Volume mounted = volume.Mount();
        NameSink sink = new();
        Assert.Equal(FsError.NoData, mounted.List(mounted.CreateWorkspace(), DirectoryVolume.Directory, 0, ref sink));
        Assert.Equal(FsError.NoData, Lookup(volume, "c"));
    }

    [Fact]
    public void An_encrypted_name_shorter_than_any_ciphertext_is_damage()
    {
        DirectoryVolume volume = Encrypted(new string('c', 15));
        Assert.Equal(CorruptionCode.DirectoryCiphertextTooShort, Damage(() => List(volume)));
        Assert.Single(List(Encrypted(new string('c', 16))));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(149)]
    [InlineData(150)]
    [InlineData(255)]
    public void An_encrypted_name_is_found_under_the_name_that_it_is_listed_by(int length)
    {
        DirectoryVolume volume = Encrypted(new string('c', length), new string('d', length));
        foreach (string name in List(volume))
        {
            Assert.Equal(FsError.None, Lookup(volume, name));
            Assert.Equal(FsError.NotFound, Lookup(volume, name[..^1]));
        }

        Assert.Equal(FsError.NotFound, Lookup(volume, new string('c', length)));
    }

    [Theory]
    [InlineData("STRASSE", FsError.None)]
    [InlineData("straße", FsError.None)]
    [InlineData("strase", FsError.NotFound)]
    public void Casefolded_names_are_found_in_any_case(string name, FsError expected) =>
        Assert.Equal(expected, Lookup(CaseFolded(0, Encoding.UTF8.GetBytes("Straße")), name));

    [Fact]
    public void Names_that_are_not_text_are_compared_byte_by_byte_or_refused_where_the_volume_is_strict()
    {
        byte[] name = [0x61, 0xFF];
        byte[] otherCase = [0x41, 0xFF];
        Assert.Equal(FsError.None, LookupBytes(CaseFolded(0, name), name));
        Assert.Equal(FsError.NotFound, LookupBytes(CaseFolded(0, name), otherCase));
        Assert.Equal(FsError.Invalid, LookupBytes(CaseFolded(1, name), name));
    }

    [Fact]
    public void A_file_is_no_directory()
    {
        using Volume volume = new DirectoryVolume { Blocks = [Linear("a")] }.Mount();
        Workspace workspace = volume.CreateWorkspace();
        NameSink sink = new();
        InodeNumber file = new(DirectoryVolume.ChildInode);
        Assert.Equal(FsError.NotDirectory, volume.Lookup(workspace, file, "a"u8, out _));
        Assert.Equal(FsError.NotDirectory, volume.List(workspace, file, 0, ref sink));
    }

    [Fact]
    public void Lookup_and_listing_allocate_nothing()
    {
        using Volume volume = new DirectoryVolume { Blocks = [Linear("a", "b", "c")] }.Mount();
        Workspace workspace = volume.CreateWorkspace();
        AllocationGate.Zero(() =>
        {
            CountingSink sink = default;
            volume.Lookup(workspace, DirectoryVolume.Directory, "c"u8, out _);
            volume.List(workspace, DirectoryVolume.Directory, 0, ref sink);
        });
    }

    private static DirectoryVolume Encrypted(params ReadOnlySpan<string> names) => new()
    {
        Blocks = [Linear(names)],
        Incompatible = IncompatibleFeatures.FileType | IncompatibleFeatures.Encryption,
        Compatible = CompatibleFeatures.DirectoryIndex,
        Flags = InodeFlags.Encrypted,
    };

    private static DirectoryVolume CaseFolded(ushort encodingFlags, byte[] name)
    {
        byte[] block = new byte[BlockSize];
        DirectoryBlockWriter.Put(block, 0, BlockSize, DirectoryVolume.ChildInode, name, DirectoryEntryType.Regular);
        return new()
        {
            Blocks = [block],
            Incompatible = IncompatibleFeatures.FileType | IncompatibleFeatures.CaseFolding,
            Flags = InodeFlags.CaseFold,
            EncodingFlags = encodingFlags,
        };
    }

    private static byte[] Linear(params ReadOnlySpan<string> names)
    {
        byte[] block = new byte[BlockSize];
        int offset = 0;
        for (int index = 0; index < names.Length; index++)
        {
            byte[] name = Encoding.UTF8.GetBytes(names[index]);
            int size = index == names.Length - 1 ? BlockSize - offset : Math.Max(12, DirectoryEntryView.SizeFor(name.Length));
            offset = DirectoryBlockWriter.Put(
                block, offset, size, DirectoryVolume.ChildInode, name, DirectoryEntryType.Regular);
        }

        return block;
    }

    private static byte[] Sealed(byte[] block)
    {
        Le.PutU16(block, DirectoryEntryView.DeRecLen, BlockSize - DirectoryTailView.Size);
        DirectoryBlockWriter.Seal(block, DirectoryVolume.Seed);
        return block;
    }

    private static CorruptionCode Damage(Action action) => Assert.Throws<CorruptionException>(action).Code;

    private static FsError Lookup(DirectoryVolume volume, string name) => LookupBytes(volume, Encoding.UTF8.GetBytes(name));

    private static FsError LookupBytes(DirectoryVolume volume, byte[] name)
    {
        using Volume mounted = volume.Mount();
        return mounted.Lookup(mounted.CreateWorkspace(), DirectoryVolume.Directory, name, out _);
    }

    private static FileType TypeOf(DirectoryVolume volume)
    {
        using Volume mounted = volume.Mount();
        NameSink sink = new();
        mounted.List(mounted.CreateWorkspace(), DirectoryVolume.Directory, 0, ref sink);
        return sink.LastType;
    }

    private static List<string> List(DirectoryVolume volume)
    {
        using Volume mounted = volume.Mount();
        return ListFrom(mounted, 0);
    }

    private static List<string> ListFrom(Volume volume, ulong cookie)
    {
        Workspace workspace = volume.CreateWorkspace();
        NameSink sink = new() { Cookie = cookie };
        int count;
        do
        {
            count = sink.Names.Count;
            sink.Room = 2;
            volume.List(workspace, DirectoryVolume.Directory, sink.Cookie, ref sink);
        }
        while (sink.Names.Count > count);

        return sink.Names;
    }

    private struct NameSink() : IDirectorySink
    {
        public readonly List<string> Names = [];
        public int Room = int.MaxValue;
        public ulong Cookie;
        public FileType LastType;

        public bool Add(scoped DirectoryEntry entry)
        {
            if (Room-- == 0)
            {
                return false;
            }

            Names.Add(Encoding.UTF8.GetString(entry.Name));
            Cookie = entry.NextCookie;
            LastType = entry.Type;
            return true;
        }
    }

    private struct CountingSink : IDirectorySink
    {
        public int Count;

        public bool Add(scoped DirectoryEntry entry)
        {
            Count++;
            return true;
        }
    }
}
