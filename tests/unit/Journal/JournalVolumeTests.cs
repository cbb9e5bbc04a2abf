using System.Text;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;
using static Ext4Core.Layout.JournalIncompatibleFeatures;

namespace Ext4Core.UnitTests.Journal;

/// <summary>Whole volumes with a journal in memory: what mounting them shows.</summary>
public sealed class JournalVolumeTests
{
    private const int BlockSize = 1024;
    private readonly ImageBuilder _image = new(VolumeShape.Ext4.With(CompatibleFeatures.HasJournal).With(IncompatibleFeatures.NeedsRecovery));
    private readonly uint _file;
    private readonly uint _journalInode;
    private readonly JournalBuilder _journal = new(SixtyFourBit | ChecksumV3 | FastCommit, length: 1280);

    public JournalVolumeTests()
    {
        _file = _image.AddFile("file", [new(0, 4)]);
        _journalInode = _image.AddFile("journal", [new(0, 1280)]);
        Le.PutU32(_image.Superblock, SuperblockView.SJournalInum, _journalInode);
        _image.Seal();
    }

    [Fact]
    public void Data_and_metadata_come_from_the_journal()
    {
        ulong home = _image.RunsOf(_file)[0].Start;
        Span<byte> table = _image.Block(_image.PlaceOf(_file).Block);
        byte[] before = [.. table];
        Le.PutU16(_image.Inode(_file), InodeView.IMode, 0x8180);
        _image.SealInode(_file);
        _journal.Log((home + 1, _journal.Filled(0xAB)), (_image.PlaceOf(_file).Block, [.. table])).Commit();
        before.CopyTo(table);
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        Assert.Equal(FsError.None, volume.Stat(workspace, new(_file), out InodeStat stat));
        Assert.Equal(0x8180, stat.Mode);
        byte[] contents = new byte[4 * BlockSize];
        Assert.Equal(FsError.None, volume.Read(workspace, new(_file), 0, contents, out int count));
        Assert.Equal(contents.Length, count);
        Assert.Equal(_journal.Filled(0xAB), contents[BlockSize..(2 * BlockSize)]);
        Assert.NotEqual(_journal.Filled(0xAB), contents[..BlockSize]);
        Assert.Equal(FsError.None, volume.Map(workspace, new(_file), 0, contents.Length, out FileRun run));
        Assert.Equal(FileRunKind.ReadOnly, run.Kind);
        Assert.Contains(volume.Notices, notice => string.Equals(notice.Subject, "journal", StringComparison.Ordinal));
    }

    [Fact]
    public void Skipping_the_journal_shows_the_volume_as_it_stands_and_says_so()
    {
        ulong home = _image.RunsOf(_file)[0].Start;
        _journal.Log((home, _journal.Filled(0xAB))).Commit();
        _journal.Superblock[0] ^= 1;
        Assert.Equal(CorruptionCode.JournalSuperblockMagic, Assert.Throws<CorruptionException>(() => Mount()).Code);

        using Volume volume = Mount(new() { CacheBytes = 0, SkipJournal = true });
        byte[] contents = new byte[BlockSize];
        Assert.Equal(FsError.None, volume.Read(volume.CreateWorkspace(), new(_file), 0, contents, out _));
        Assert.NotEqual(_journal.Filled(0xAB), contents);
        Assert.Contains(volume.Notices, notice => notice.Text.Contains("ignored", StringComparison.Ordinal));
    }

    [Fact]
    public void A_journal_that_the_volume_does_not_need_is_ignored_but_must_be_sound()
    {
        Le.PutU32(_image.Superblock, SuperblockView.SFeatureIncompat, (uint)VolumeShape.Ext4.Incompatible);
        _image.SealSuperblock();
        _journal.Log((_image.RunsOf(_file)[0].Start, _journal.Filled(0xAB))).Commit();
        using (Volume volume = Mount())
        {
            byte[] contents = new byte[BlockSize];
            Assert.Equal(FsError.None, volume.Read(volume.CreateWorkspace(), new(_file), 0, contents, out _));
            Assert.NotEqual(_journal.Filled(0xAB), contents);
        }

        _journal.Block(2)[5] ^= 1;
        Assert.Equal(CorruptionCode.JournalDataChecksum, Assert.Throws<CorruptionException>(() => Mount()).Code);
    }

    [Theory]
    [InlineData(0x41ED, CorruptionCode.JournalInodeImpossible)]
    [InlineData(0xA1FF, CorruptionCode.JournalInodeImpossible)]
    public void A_journal_inode_that_is_no_regular_file_is_corrupt(int mode, CorruptionCode code)
    {
        Le.PutU16(_image.Inode(_journalInode), InodeView.IMode, (ushort)mode);
        _image.SealInode(_journalInode);

        Assert.Equal(code, Assert.Throws<CorruptionException>(() => Mount()).Code);
    }

    [Fact]
    public void A_volume_that_names_a_journal_inode_and_a_journal_device_is_corrupt()
    {
        Le.PutU32(_image.Superblock, SuperblockView.SJournalDev, 0x801);
        _image.SealSuperblock();

        CorruptionException damage = Assert.Throws<CorruptionException>(() => Mount());
        Assert.Equal((CorruptionCode.JournalPlacesContradict, 0x801ul), (damage.Code, damage.Found));
    }

    [Fact]
    public void An_external_journal_that_is_not_given_is_refused_with_its_identity_and_the_option()
    {
        Le.PutU32(_image.Superblock, SuperblockView.SJournalInum, 0);
        _image.Superblock.Slice(SuperblockView.SJournalUuid, 16).Fill(0x11);
        _image.SealSuperblock();

        string message = Assert.Throws<UnsupportedFeatureException>(() => Mount()).Message;
        Assert.Contains("11111111-1111-1111-1111-111111111111", message, StringComparison.Ordinal);
        Assert.Contains("journal_path=", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_journal_device_for_a_volume_with_its_own_journal_is_refused() => Assert.Equal(
        "journal_path",
        Assert.Throws<UnsupportedFeatureException>(
            () => Mount(new() { CacheBytes = 0, JournalDevice = new MemoryBlockDevice(new byte[4096]) })).Feature);

    [Fact]
    public void A_file_created_in_a_fast_commit_has_its_name_its_inode_and_its_data()
    {
        ulong place = _image.Allocate(3, out _);
        for (ulong block = place; block < place + 3; block++)
        {
            _image.Block(block).Fill((byte)block);
        }

        byte[] inode = NewInode(size: 5 * BlockSize);
        Commits().Inode(60, inode).Add(60, 0, 1, place).Add(60, 3, 2, place + 1).Name(FastCommitTag.Create, 2, 60, "made")
            .Inode(60, inode).Tail();
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        Assert.Equal(["file", "journal", "lost+found", "made"], Names(volume));
        Assert.Equal(FsError.None, volume.Lookup(workspace, InodeNumber.Root, "made"u8, out InodeNumber made));
        Assert.Equal(60u, made.Value);
        Assert.Equal(FsError.None, volume.Stat(workspace, made, out InodeStat stat));
        Assert.Equal((5L * BlockSize, 1u, 6ul), (stat.Size, stat.LinkCount, stat.Sectors));
        byte[] contents = new byte[5 * BlockSize];
        Assert.Equal(FsError.None, volume.Read(workspace, made, 0, contents, out _));
        Assert.Equal(
            [.. _journal.Filled((byte)place), .. new byte[2 * BlockSize], .. _journal.Filled((byte)(place + 1)), .. _journal.Filled((byte)(place + 2))],
            contents);
    }

    [Fact]
    public void Links_renames_and_unlinks_of_fast_commits_show_in_lookups_listings_and_link_counts()
    {
        Commits().Name(FastCommitTag.Link, 2, _file, "second").Name(FastCommitTag.Link, 2, _file, "third")
            .Name(FastCommitTag.Unlink, 2, _file, "file").Name(FastCommitTag.Link, 2, _file, "third").Tail()
            .Name(FastCommitTag.Unlink, 2, _file, "second").Name(FastCommitTag.Unlink, 2, _file, "never").Tail();
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        Assert.Equal(["journal", "lost+found", "third"], Names(volume));
        Assert.Equal(FsError.NotFound, volume.Lookup(workspace, InodeNumber.Root, "file"u8, out _));
        Assert.Equal(FsError.NotFound, volume.Lookup(workspace, InodeNumber.Root, "second"u8, out _));
        Assert.Equal(FsError.None, volume.Lookup(workspace, InodeNumber.Root, "third"u8, out InodeNumber third));
        Assert.Equal(FsError.None, volume.Stat(workspace, third, out InodeStat stat));
        Assert.Equal((_file, 1u), (third.Value, stat.LinkCount));
    }

    [Fact]
    public void Skipping_fast_commits_shows_the_last_full_commit_and_says_so()
    {
        Commits().Name(FastCommitTag.Link, 2, _file, "second").Tail();
        using Volume volume = Mount(new() { CacheBytes = 0, SkipFastCommits = true });

        Assert.Equal(["file", "journal", "lost+found"], Names(volume));
        Assert.Contains("records of fast commits are left out", Assert.Single(volume.Notices).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranges_that_a_fast_commit_removed_or_left_unwritten_read_as_zeros()
    {
        PlacedRun run = _image.RunsOf(_file)[0];
        byte[] before = [.. Enumerable.Range(0, 4).SelectMany(index => _image.Block(run.Start + (ulong)index).ToArray())];
        Commits().Delete(_file, 1, 1).Add(_file, 2, 1, run.Start + 2, isUnwritten: true).Inode(_file, _image.Inode(_file)).Tail();
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        byte[] contents = new byte[4 * BlockSize];
        Assert.Equal(FsError.None, volume.Read(workspace, new(_file), 0, contents, out _));
        Assert.Equal([.. before[..BlockSize], .. new byte[2 * BlockSize], .. before[(3 * BlockSize)..]], contents);
        Assert.Equal(FsError.None, volume.Stat(workspace, new(_file), out InodeStat stat));
        Assert.Equal(6ul, stat.Sectors);
        Assert.Equal(FsError.None, volume.Seek(workspace, new(_file), 0, SeekTarget.Hole, out long hole));
        Assert.Equal(BlockSize, hole);
    }

    [Fact]
    public void An_inode_whose_number_comes_to_a_new_file_keeps_nothing_of_the_old_one()
    {
        byte[] inode = NewInode(size: 2 * BlockSize);
        Commits().Add(_file, 1, 1, _image.RunsOf(_file)[0].Start).Name(FastCommitTag.Unlink, 2, _file, "file").Inode(_file, inode).Name(FastCommitTag.Create, 2, _file, "new").Tail();
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        byte[] contents = new byte[2 * BlockSize];
        Assert.Equal(FsError.None, volume.Read(workspace, new(_file), 0, contents, out int count));
        Assert.Equal((2 * BlockSize, true), (count, contents.All(value => value == 0)));
        Assert.Equal(["journal", "lost+found", "new"], Names(volume));
    }

    [Fact]
    public void A_range_over_the_volumes_own_blocks_is_damage_of_its_file_alone()
    {
        Commits().Add(_file, 0, 1, _image.InodeTableOf(0)).Tail();
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        byte[] contents = new byte[BlockSize];
        CorruptionException damage =
            Assert.Throws<CorruptionException>(() => volume.Read(workspace, new(_file), 0, contents, out _));
        Assert.Equal((CorruptionCode.BlockOutOfRange, _file), (damage.Code, damage.Where.Inode));
        Assert.Equal(FsError.None, volume.Read(workspace, new(_file), BlockSize, contents, out _));
    }

    [Fact]
    public void A_replayed_file_with_a_damaged_map_harms_nobody_but_its_reader()
    {
        uint deep = _image.AddFile("deep", [new(0, 1), new(2, 1)], depth: 1);
        _image.Seal();
        _image.Block(_image.ExtentNodesOf(deep)[0])[ExtentNodeView.EhMagic] ^= 1;
        byte[] inode = [.. _image.Inode(deep)];
        Le.PutU32(inode, InodeView.IBlocksLo, 42);
        Commits().Inode(deep, inode).Tail();
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        Assert.Equal(FsError.None, volume.Stat(workspace, new(deep), out InodeStat stat));
        Assert.Equal(42ul, stat.Sectors);
        byte[] contents = new byte[BlockSize];
        CorruptionException damage =
            Assert.Throws<CorruptionException>(() => volume.Read(workspace, new(deep), 0, contents, out _));
        Assert.Equal((CorruptionCode.ExtentMagic, deep), (damage.Code, damage.Where.Inode));
    }

    [Fact]
    public void A_directory_created_in_a_fast_commit_has_its_own_two_names()
    {
        byte[] inode = NewInode(size: BlockSize);
        Le.PutU16(inode, InodeView.IMode, 0x41ED);
        Commits().Inode(60, inode).Name(FastCommitTag.Create, 2, 60, "made").Name(FastCommitTag.Link, 60, _file, "inside").Tail();
        using Volume volume = Mount();
        Workspace workspace = volume.CreateWorkspace();

        Assert.Equal(FsError.None, volume.Lookup(workspace, InodeNumber.Root, "made"u8, out InodeNumber made));
        Assert.Equal(FsError.None, volume.Lookup(workspace, made, ".."u8, out InodeNumber parent));
        Assert.Equal(FsError.None, volume.Lookup(workspace, made, "inside"u8, out InodeNumber inside));
        Assert.Equal((InodeNumber.Root, _file), (parent, inside.Value));
    }

    [Fact]
    public void A_name_for_an_inode_that_is_not_in_use_is_corrupt()
    {
        Commits().Name(FastCommitTag.Create, 2, 60, "made").Tail();

        CorruptionException damage = Assert.Throws<CorruptionException>(() => Mount());
        Assert.Equal((CorruptionCode.FastCommitInodeMissing, 60ul), (damage.Code, damage.Found));
    }

    [Fact]
    public void A_name_in_something_that_is_no_directory_is_corrupt()
    {
        Commits().Name(FastCommitTag.Link, _file, _file, "inside").Tail();

        CorruptionException damage = Assert.Throws<CorruptionException>(() => Mount());
        Assert.Equal((CorruptionCode.FastCommitParentImpossible, (ulong)_file), (damage.Code, damage.Found));
    }

    [Fact]
    public void Records_about_inodes_that_do_not_exist_are_skipped()
    {
        Commits().Inode(999_999, NewInode(0)).Add(999_999, 0, 1, 1000).Delete(0, 0, 1).Name(FastCommitTag.Link, 2, 1, "x")
            .Name(FastCommitTag.Unlink, 999_999, _file, "x").Tail();
        using Volume volume = Mount();

        Assert.Equal(["file", "journal", "lost+found"], Names(volume));
    }

    private FastCommitBuilder Commits()
    {
        _journal.Log((_image.PlaceOf(_file).Block, [.. _image.Block(_image.PlaceOf(_file).Block)])).Commit();
        return new FastCommitBuilder(_journal).Head();
    }

    private byte[] NewInode(uint size)
    {
        byte[] inode = [.. _image.Inode(_file)];
        Le.PutU32(inode, InodeView.ISizeLo, size);
        Le.PutU16(inode, InodeView.ILinksCount, 1);
        return inode;
    }

    private Volume Mount(VolumeOptions? options = null)
    {
        JournalSuperblockWriter.Seal(_journal.Superblock);
        PlacedRun[] runs = [.. _image.RunsOf(_journalInode)];
        foreach (PlacedRun run in runs)
        {
            for (uint index = 0; index < run.Count; index++)
            {
                _journal.Block(run.First + index).CopyTo(_image.Block(run.Start + index));
            }
        }

        return _image.Mount(options);
    }

    private static List<string> Names(Volume volume)
    {
        Workspace workspace = volume.CreateWorkspace();
        List<string> names = [];
        ulong cookie = 0;
        while (true)
        {
            OneName sink = new();
            Assert.Equal(FsError.None, volume.List(workspace, InodeNumber.Root, cookie, ref sink));
            if (sink.Name is null)
            {
                names.Sort(StringComparer.Ordinal);
                return names;
            }

            cookie = sink.Cookie;
            if (sink.Name is not ("." or ".."))
            {
                names.Add(sink.Name);
            }
        }
    }

    private struct OneName : IDirectorySink
    {
        public string? Name;
        public ulong Cookie;

        public bool Add(scoped DirectoryEntry entry)
        {
            if (Name is not null)
            {
                return false;
            }

            Name = Encoding.ASCII.GetString(entry.Name);
            Cookie = entry.NextCookie;
            return true;
        }
    }
}
