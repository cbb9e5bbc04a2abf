using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using FsCheck;
using FsCheck.Fluent;
using TestSupport;

namespace Ext4Core.PropertyTests.Directories;

public sealed class DirectoryProperties
{
    private const int BlockSize = DirectoryVolume.BlockSize;
    private static readonly DiskLocation Here = new(StructureKind.DirectoryBlock, 21, 0, 12);
    private static readonly uint[] NoSeed = [0, 0, 0, 0];

    private static readonly Gen<byte> AnyByte = Gen.Choose(0, 255).Select(value => (byte)value);

    /// <summary>Names that a path can hold.</summary>
    private static readonly Gen<byte[]> Name =
        from length in Gen.OneOf(Gen.Choose(1, 20), Gen.Elements(1, 3, 4, 5, 254, 255))
        from bytes in AnyByte.Where(value => value is not (0 or (byte)'/' or (byte)'.')).ArrayOf(length)
        select bytes;

    private static readonly Gen<byte[][]> Names = Name.ArrayOf().Select(
        names => names.DistinctBy(Convert.ToHexString).Take(20).ToArray());

    /// <summary>A sound block with a few bytes changed, most of them in lengths.</summary>
    private static readonly Gen<byte[]> DamagedBlock =
        from names in Names
        from changes in Gen.Choose(0, BlockSize - 1).Zip(AnyByte).ArrayOf()
        from lengths in Gen.Choose(0, (BlockSize / 4) - 2).Zip(Gen.Choose(0, BlockSize + 16)).ArrayOf()
        select Damage(Build(names)[0], changes, lengths);

    [Fact]
    public void Any_bytes_as_a_directory_are_listed_and_searched_or_are_damage() =>
        Prop.ForAll(Gen.OneOf(DamagedBlock, AnyByte.ArrayOf(BlockSize)).ToArbitrary(), block =>
        {
            Only<CorruptionException>(() => List(new() { Blocks = [block] }));
            Only<CorruptionException>(() => Lookup(new() { Blocks = [block] }, [0x61]));
            Only<CorruptionException>(() => List(Encrypted([block])));
            Only<CorruptionException>(() => Lookup(Indexed([block, block, block]), [0x61]));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Entries_of_a_sound_block_lie_inside_it() =>
        Prop.ForAll(DamagedBlock.ToArbitrary(), block =>
        {
            DirectoryShape shape = new(BlockSize, DirectoryVolume.InodesCount, HasChecksums: false, HasHashes: true);
            if (!DirectoryArea.Examine(block, shape, Here).IsNone)
            {
                return true;
            }

            int offset = 0;
            while (offset < BlockSize)
            {
                DirectoryEntryView entry = new(block, offset);
                offset += entry.SizeIn(BlockSize);
                _ = entry.Name.Length + entry.Hash + entry.MinorHash;
            }

            return offset == BlockSize;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_listed_is_what_was_built_and_each_name_is_found() =>
        Prop.ForAll(Names.ToArbitrary(), names =>
        {
            DirectoryVolume volume = new() { Blocks = Build(names) };
            return List(volume).Select(Convert.ToHexString).SequenceEqual(names.Select(Convert.ToHexString))
                && names.All(name => Lookup(volume, name) == FsError.None);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Encrypted_names_are_found_under_the_names_they_are_listed_by() =>
        Prop.ForAll(Names.Select(names => names.Where(name => name.Length >= 16).ToArray()).ToArbitrary(), names =>
        {
            DirectoryVolume volume = Encrypted(Build(names));
            List<byte[]> listed = List(volume);
            return listed.Count == names.Length && listed.All(name => Lookup(volume, name) == FsError.None);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_name_matches_its_folded_form() =>
        Prop.ForAll(Name.ToArbitrary(), name =>
        {
            byte[] folded = new byte[CaseFolding.MaximumLength];
            int length = CaseFolding.Fold(name, folded);
            return length == CaseFolding.Opaque || CaseFolding.FoldsTo(name, folded.AsSpan(0, length));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_hash_leaves_the_mark_and_the_end_of_the_tree_alone() =>
        Prop.ForAll(Name.ToArbitrary(), Gen.Choose(0, 5).ToArbitrary(), (name, version) =>
        {
            uint major = DirectoryHash.Compute((HashVersion)version, NoSeed, name).Major;
            return (major & 1) == 0 && major != 0xFFFF_FFFE;
        }).QuickCheckThrowOnFailure();

    private static void Only<TException>(Action action)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException)
        {
            // The one way to refuse.
        }
    }

    private static DirectoryVolume Encrypted(byte[][] blocks) => new()
    {
        Blocks = blocks,
        Incompatible = IncompatibleFeatures.FileType | IncompatibleFeatures.Encryption,
        Compatible = CompatibleFeatures.DirectoryIndex,
        Flags = InodeFlags.Encrypted,
    };

    private static DirectoryVolume Indexed(byte[][] blocks) => new()
    {
        Blocks = blocks,
        Compatible = CompatibleFeatures.DirectoryIndex,
        Flags = InodeFlags.Index,
    };

    /// <summary>Blocks filled with entries, the last of each stretched to its end.</summary>
    private static byte[][] Build(byte[][] names)
    {
        List<byte[]> blocks = [new byte[BlockSize]];
        int offset = 0;
        int last = 0;
        DirectoryBlockWriter.Put(blocks[0], 0, BlockSize, 0, default, DirectoryEntryType.Unknown);
        foreach (byte[] name in names)
        {
            int size = Math.Max(DirectoryEntryView.MinimumSize, DirectoryEntryView.SizeFor(name.Length));
            if (offset + size > BlockSize)
            {
                blocks.Add(new byte[BlockSize]);
                offset = 0;
            }

            byte[] block = blocks[^1];
            if (offset > 0)
            {
                Le.PutU16(block, last + DirectoryEntryView.DeRecLen, (ushort)(offset - last));
            }

            DirectoryBlockWriter.Put(
                block, offset, BlockSize - offset, DirectoryVolume.ChildInode, name, DirectoryEntryType.Regular);
            last = offset;
            offset += size;
            offset = BlockSize - offset < DirectoryEntryView.MinimumSize ? BlockSize : offset;
        }

        return [.. blocks];
    }

    private static byte[] Damage(byte[] block, (int At, byte Value)[] changes, (int Word, int Value)[] lengths)
    {
        foreach ((int at, byte value) in changes)
        {
            block[at] = value;
        }

        foreach ((int word, int value) in lengths)
        {
            Le.PutU16(block, (word * 4) + DirectoryEntryView.DeRecLen, (ushort)value);
        }

        return block;
    }

    private static FsError Lookup(DirectoryVolume volume, byte[] name)
    {
        using Volume mounted = volume.Mount();
        return mounted.Lookup(mounted.CreateWorkspace(), DirectoryVolume.Directory, name, out _);
    }

    private static List<byte[]> List(DirectoryVolume volume)
    {
        using Volume mounted = volume.Mount();
        Workspace workspace = mounted.CreateWorkspace();
        NameSink sink = new();
        int count;
        do
        {
            count = sink.Names.Count;
            mounted.List(workspace, DirectoryVolume.Directory, sink.Cookie, ref sink);
        }
        while (sink.Names.Count > count);

        return sink.Names;
    }

    private struct NameSink() : IDirectorySink
    {
        public readonly List<byte[]> Names = [];
        public ulong Cookie;

        public bool Add(scoped DirectoryEntry entry)
        {
            Names.Add(entry.Name.ToArray());
            Cookie = entry.NextCookie;
            return true;
        }
    }
}
