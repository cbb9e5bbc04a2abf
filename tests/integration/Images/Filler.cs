using System.Text;
using Ext4Safety.IntegrationTests.Native;

namespace Ext4Safety.IntegrationTests.Images;

/// <summary>Writes the same tree on every configuration, each part of it once per run and in one order.</summary>
internal sealed class Filler(string root, ImageRecipe recipe)
{
    private readonly FillerPen _pen = new(root);
    private readonly int _block = recipe.BlockSize;

    /// <summary>Names whose spelling differs from their folded form; no two of them fold to the same.</summary>
    public static IReadOnlyList<string> FoldingNames { get; } =
    [
        "plain", "UPPER", "MiXeD", "Stra\u00DFe", "\u00DCbung", "e\u0301te\u0301", "\u00C5ngstr\u00F6m", "\uFB01n", "\u0391\u0392\u0393\u03A3",
        "\u0416\u0418\u0412\u041E", "\u1E9E", "\u0130stanbul", "\uD55C\uAE00", "\u1100\u1161\u11A9", "\u212B", "a\u0323\u0307", "\u01C4", "\u2126",
        "\U00010400", "\uFF21", "soft\u00ADhyphen", "zero\u200Dwidth", "\u0345", "\u03B1\u0345",
    ];

    public void Fill()
    {
        FillSizes();
        FillSparse();
        FillUnwritten();
        FillFragmented();
        FillDirectories();
        FillTypes();
        FillLinks();
        FillDepth();
        if (!recipe.Extra.HasFlag(Extra.Plain))
        {
            FillLargeSizes();
            FillAttributes();
        }

        if (recipe.Extra.HasFlag(Extra.Encrypted))
        {
            new FillerEncryption(_pen).Fill();
        }

        if (recipe.Extra.HasFlag(Extra.Verity))
        {
            new FillerVerity(_pen, _block).Fill();
        }

        FillOwners();
        FillTimes();
        FillFlags();
    }

    /// <summary>Sizes around every edge: inline areas, blocks, and the empty file.</summary>
    private void FillSizes()
    {
        _pen.Directory("sizes");
        int[] sizes =
        [
            0, 1, 59, 60, 61, 100, 127, 128, 155, 156, 160, 161, 700, 850, 1023, 1024, 1025,
            _block - 1, _block, _block + 1, (2 * _block) - 1, (13 * _block) + 7, 65536, 99_999,
        ];
        foreach (int size in sizes.Distinct())
        {
            _pen.File($"sizes/{size}", size);
        }
    }

    private void FillSparse()
    {
        _pen.Directory("sparse");
        _pen.File("sparse/only-a-hole", file => _pen.Truncate(file, 10 << 20));
        _pen.File("sparse/odd-hole", file => _pen.Truncate(file, 1_234_567));
        _pen.File("sparse/data-at-end", file => _pen.Write(file, (1 << 20) + 5, 1));
        _pen.File("sparse/hole-at-end", file =>
        {
            _pen.Write(file, 0, _block + 1);
            _pen.Truncate(file, 3 << 20);
        });
        _pen.File("sparse/islands", file =>
        {
            for (int island = 0; island < 12; island++)
            {
                _pen.Write(file, (long)island * island * 64 * _block, island * 500);
            }
        });
        int perBlock = _block / 4;
        long[] levels = [0, 11, 12, 12 + perBlock - 1, 12 + perBlock, 12 + perBlock + ((long)perBlock * perBlock) - 1];
        _pen.File("sparse/every-level", file =>
        {
            foreach (long level in levels.Where(level => level * _block < int.MaxValue - _block))
            {
                _pen.Write(file, level * _block, 100);
            }
        });
    }

    private void FillLargeSizes()
    {
        _pen.Directory("large");
        _pen.File("large/above-2-gib", file => _pen.Write(file, (1L << 31) + 123, 1000));
        _pen.File("large/above-4-gib", file => _pen.Write(file, (1L << 32) + _block - 1, 1000));
        long perBlock = _block / 4;
        _pen.File("large/double-level", file => _pen.Write(file, (12 + perBlock + (perBlock * perBlock) - 1) * _block, 100));
        _pen.File("large/triple-level", file =>
        {
            long offset = (12 + perBlock + (perBlock * perBlock)) * _block;
            if (offset < LargestSize(file) - _block)
            {
                _pen.Write(file, offset, 100);
                _pen.Write(file, offset + (3 * perBlock * _block), _block);
            }
        });
        _pen.File("large/largest", file =>
        {
            long largest = LargestSize(file);
            _pen.Truncate(file, largest);
            _pen.Write(file, largest - 10, 10);
        });
    }

    /// <summary>The largest size that the volume gives a file, found by trying; the file is left empty.</summary>
    private long LargestSize(int file)
    {
        long fits = 0;
        for (long step = 1L << 45; step > 0; step >>= 1)
        {
            fits += Libc.Truncate(file, fits + step) == 0 ? step : 0;
        }

        _pen.Truncate(file, 0);
        return fits;
    }

    private void FillUnwritten()
    {
        _pen.Directory("unwritten");
        _pen.File("unwritten/reserved", file => _pen.Allocate(file, 0, 0, 20L * _block));
        _pen.File("unwritten/beyond-end", file =>
        {
            _pen.Write(file, 0, 100);
            _pen.Allocate(file, AllocateMode.KeepSize, 0, 16L * _block);
        });
        _pen.File("unwritten/empty-but-reserved", file => _pen.Allocate(file, AllocateMode.KeepSize, 0, 8L * _block));
        _pen.File("unwritten/written-middle", file =>
        {
            _pen.Allocate(file, 0, 0, 30L * _block);
            _pen.Write(file, (10L * _block) + 3, 2 * _block);
        });
        _pen.File("unwritten/punched", file =>
        {
            _pen.Write(file, 0, 24 * _block);
            _pen.Allocate(file, AllocateMode.PunchHole | AllocateMode.KeepSize, (4L * _block) + 1, (5L * _block) + 9);
        });
        _pen.File("unwritten/zeroed", file =>
        {
            _pen.Write(file, 0, 24 * _block);
            _pen.Sync(file);
            _pen.Allocate(file, AllocateMode.ZeroRange, 8L * _block, 6L * _block);
        });
        _pen.File("unwritten/collapsed", file =>
        {
            _pen.Write(file, 0, 64 * _block);
            _pen.Sync(file);
            _pen.Allocate(file, AllocateMode.CollapseRange, 16L * _block, 16L * _block);
        });
        _pen.File("unwritten/inserted", file =>
        {
            _pen.Write(file, 0, 32 * _block);
            _pen.Sync(file);
            _pen.Allocate(file, AllocateMode.InsertRange, 16L * _block, 16L * _block);
        });
        _pen.File("unwritten/alternating", file =>
        {
            for (int index = 0; index < 30; index++)
            {
                _pen.Allocate(file, 0, index * 2L * _block, _block);
            }

            _pen.Write(file, 60L * _block, 17);
        });
    }

    /// <summary>Files in pieces, on purpose: the mapping gets one, two and, where asked, three levels.</summary>
    private void FillFragmented()
    {
        _pen.Directory("fragmented");
        _pen.File("fragmented/left", left => _pen.File("fragmented/right", right =>
        {
            for (int index = 0; index < 40; index++)
            {
                _pen.Write(left, (long)index * _block, _block);
                _pen.Sync(left);
                _pen.Write(right, (long)index * _block, _block - (index == 39 ? 5 : 0));
                _pen.Sync(right);
            }
        }));
        _pen.File("fragmented/holes", file =>
        {
            _pen.Write(file, 0, 64 * _block);
            _pen.Sync(file);
            for (int index = 1; index < 64; index += 2)
            {
                _pen.Allocate(file, AllocateMode.PunchHole | AllocateMode.KeepSize, (long)index * _block, _block);
            }
        });
        int perLeaf = Math.Min(_block / 12, 341);
        _pen.File("fragmented/two-levels", file => Scatter(file, (4 * perLeaf) + 60));
        if (recipe.Extra.HasFlag(Extra.DeepExtents))
        {
            _pen.File("fragmented/three-levels", file => Scatter(file, (4 * perLeaf * perLeaf) + 200));
        }
    }

    /// <summary>Every other block present: written where the index divides by seven, else only reserved.</summary>
    private void Scatter(int file, int pieces)
    {
        for (int index = 0; index < pieces; index++)
        {
            long offset = index * 2L * _block;
            if (index % 7 == 0)
            {
                _pen.Write(file, offset, Math.Min(_block, 64));
            }
            else
            {
                _pen.Allocate(file, 0, offset, _block);
            }
        }
    }

    private void FillDirectories()
    {
        _pen.Directory("directories");
        _pen.Directory("directories/empty");
        _pen.Directory("directories/one");
        _pen.File("directories/one/entry", 3);
        Populate("directories/hundred", 100, index => $"entry-{index}");
        Populate("directories/thousand", 1500, index => $"{Word(index)}-{index}");
        Populate("directories/long", 60, index => $"{index:d3}{new string((char)('a' + (index % 26)), 252)}");
        _pen.Directory("directories/bytes");
        for (int value = 1; value < 256; value++)
        {
            if (value != '/')
            {
                _pen.File($"directories/bytes/n{(char)value}", 0);
            }
        }

        _pen.Directory("directories/folding");
        foreach (string name in FoldingNames)
        {
            _pen.File($"directories/folding/{PathBytes.Carry(Encoding.UTF8.GetBytes(name))}", name.Length);
        }

        Populate("directories/high", 800, index => $"\xC3{(char)(0x80 + (index % 128))}\xFF\xFE{index}");
        Populate("directories/gaps", 400, index => $"gap-{index}-{new string('g', index % 40)}");
        for (int index = 0; index < 400; index += 3)
        {
            _pen.Unlink($"directories/gaps/gap-{index}-{new string('g', index % 40)}");
        }

        _pen.Directory("directories/emptied");
        for (int index = 0; index < 500; index++)
        {
            _pen.HardLink("directories/one/entry", $"directories/emptied/{index}-{Word(index)}");
        }

        for (int index = 0; index < 500; index++)
        {
            _pen.Unlink($"directories/emptied/{index}-{Word(index)}");
        }

        if (recipe.Extra.HasFlag(Extra.ManyEntries))
        {
            Populate("directories/many", 20_000, index => $"{Word(index)}.{index}");
        }

        if (recipe.Extra.HasFlag(Extra.HugeDirectory))
        {
            Populate("directories/huge", 200_000, index => $"{index}~{Word(index)}");
        }

        if (recipe.Extra.HasFlag(Extra.ThreeLevelIndex))
        {
            Populate("directories/three-levels", 60_000, index => $"{index:d6}{new string('w', 244)}");
        }
    }

    /// <summary>A directory whose entries are names of a few files, so that names cost no inodes.</summary>
    private void Populate(string directory, int count, Func<int, string> name)
    {
        _pen.Directory(directory);
        string target = "";
        for (int index = 0; index < count; index++)
        {
            string path = $"{directory}/{name(index)}";
            if (index % 150 == 0 && index < 3000)
            {
                target = path;
                _pen.File(path, index % 1000);
            }
            else if (!_pen.HardLink(target, path))
            {
                target = path;
                _pen.File(path, 7);
            }
        }
    }

    private static string Word(int index) => new((char)('A' + (index % 26)), 1 + (index % 11));

    private void FillTypes()
    {
        _pen.Directory("types");
        (uint Major, uint Minor)[] devices = [(0, 0), (1, 3), (8, 1), (255, 255), (256, 0), (4095, 1), (8, 256), (259, 300_000), (4095, 0xFFFFF)];
        foreach ((uint major, uint minor) in devices)
        {
            _pen.Node($"types/character-{major}-{minor}", NodeType.CharacterDevice | 0x1B6, major, minor);
            _pen.Node($"types/block-{major}-{minor}", NodeType.BlockDevice | 0x1B0, major, minor);
        }

        _pen.Node("types/fifo", NodeType.Fifo | 0x124);
        _pen.Node("types/socket", NodeType.Socket | 0x1FF);
        _pen.Node("types/regular", NodeType.Regular);
    }

    private void FillLinks()
    {
        _pen.Directory("links");
        int[] lengths = [1, 2, 58, 59, 60, 61, 150, 155, 156, 157, 160, 255, 700, 1022, 1023, 1024, 2000, 4094, 4095];
        foreach (int length in lengths)
        {
            _pen.SymbolicLink($"links/symbolic-{length}", string.Concat(Enumerable.Range(0, length).Select(index => (char)('a' + (index % 26)))));
        }

        _pen.SymbolicLink("links/absolute", "/etc/passwd");
        _pen.SymbolicLink("links/upwards", "../../../..");
        _pen.SymbolicLink("links/bytes", "\xFF\xFE\x80 not text");
        _pen.File("links/first", 4242);
        for (int index = 0; index < 120; index++)
        {
            _pen.HardLink("links/first", $"links/hard-{index}");
        }

        _pen.HardLink("links/symbolic-60", "links/symbolic-again");
    }

    private void FillDepth()
    {
        string path = "deep";
        _pen.Directory(path);
        for (int level = 0; level < 60; level++)
        {
            path += $"/{level:d2}-{new string('d', level)}";
            _pen.Directory(path);
        }

        _pen.File($"{path}/bottom", 11);
    }

    private void FillAttributes()
    {
        _pen.Directory("attributes");
        byte[] noise = new byte[65_536];
        Noise.Fill(noise, 77);
        string[] names = ["user.a", "trusted.a", "security.a"];
        foreach (string name in names)
        {
            foreach (int length in new[] { 0, 1, 3, 4, 5, 40, 90, 300, 900, 2000, 3900 })
            {
                string path = $"attributes/{name}-{length}";
                _pen.File(path, 10);
                _pen.Attribute(path, name, noise.AsSpan(0, length));
            }
        }

        _pen.File("attributes/many", 10);
        for (int index = 0; index < 60; index++)
        {
            _pen.Attribute("attributes/many", $"user.{Word(index)}{index}", noise.AsSpan(index, index % 20));
        }

        for (int index = 0; index < 5; index++)
        {
            _pen.File($"attributes/shared-{index}", index);
            _pen.Attribute($"attributes/shared-{index}", "user.same", noise.AsSpan(0, 600));
            _pen.Attribute($"attributes/shared-{index}", "trusted.same", noise.AsSpan(9, 50));
        }

        _pen.File("attributes/names", 10);
        _pen.Attribute("attributes/names", $"user.{new string('n', 250)}", "longest"u8);
        _pen.Attribute("attributes/names", "user.\xFF\x80", "bytes"u8);
        _pen.Attribute("attributes/names", "user.\xC3\xA4", "text"u8);
        _pen.File("attributes/capability", 10);
        _pen.Attribute("attributes/capability", "security.capability", [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        _pen.Attribute("attributes/capability", "security.selinux", "system_u:object_r:etc_t:s0\0"u8);
        _pen.Directory("attributes/directory");
        _pen.Attribute("attributes/directory", "user.on-directory", noise.AsSpan(0, 200));
        _pen.SymbolicLink("attributes/link", "target");
        _pen.Attribute("attributes/link", "trusted.on-link", "link"u8);
        _pen.SymbolicLink("attributes/long-link", new string('l', 200));
        _pen.Attribute("attributes/long-link", "security.on-link", noise.AsSpan(0, 100));
        _pen.Node("attributes/fifo", NodeType.Fifo | 0x1A4);
        _pen.Attribute("attributes/fifo", "trusted.on-fifo", "fifo"u8);
        FillAcls();
        if (recipe.Extra.HasFlag(Extra.LargeValues))
        {
            foreach (int length in new[] { 4000, 4097, 10_000, 65_536 })
            {
                _pen.File($"attributes/large-{length}", 10);
                _pen.Attribute($"attributes/large-{length}", "user.large", noise.AsSpan(0, length));
                _pen.File($"attributes/large-twice-{length}", 10);
                _pen.Attribute($"attributes/large-twice-{length}", "trusted.large", noise.AsSpan(0, length));
                _pen.Attribute($"attributes/large-twice-{length}", "user.small", "beside"u8);
            }
        }
    }

    /// <summary>ACLs in the kernel's form: version 2, then (tag, permissions, id) of 8 bytes each.</summary>
    private void FillAcls()
    {
        AclEntry[] few = [new(1, 6), new(2, 4, 1000), new(4, 4), new(8, 7, 70_000), new(0x10, 6), new(0x20, 0)];
        byte[] small = Acl(few);
        byte[] minimal = Acl([new(1, 7), new(4, 5), new(0x20, 1)]);
        IEnumerable<AclEntry> users = Enumerable.Range(0, 90).Select(user => new AclEntry(2, (ushort)(user % 8), 100_000u + (uint)user));
        byte[] large = Acl([new(1, 7), .. users, new(4, 4), new(0x10, 7), new(0x20, 4)]);
        foreach ((string name, byte[] acl) in new[] { ("small", small), ("minimal", minimal), ("large", large) })
        {
            _pen.File($"attributes/acl-{name}", 10);
            _pen.Attribute($"attributes/acl-{name}", "system.posix_acl_access", acl);
            _pen.Directory($"attributes/acl-directory-{name}");
            _pen.Attribute($"attributes/acl-directory-{name}", "system.posix_acl_access", acl);
            _pen.Attribute($"attributes/acl-directory-{name}", "system.posix_acl_default", acl);
            _pen.File($"attributes/acl-directory-{name}/inherits", 10);
            _pen.Directory($"attributes/acl-directory-{name}/inherits-too");
        }
    }

    private static byte[] Acl(ReadOnlySpan<AclEntry> entries)
    {
        byte[] acl = new byte[4 + (8 * entries.Length)];
        acl[0] = 2;
        for (int index = 0; index < entries.Length; index++)
        {
            Span<byte> entry = acl.AsSpan(4 + (8 * index), 8);
            BitConverter.TryWriteBytes(entry, entries[index].Tag);
            BitConverter.TryWriteBytes(entry[2..], entries[index].Permissions);
            BitConverter.TryWriteBytes(entry[4..], entries[index].Id);
        }

        return acl;
    }

    /// <summary>Who (1 owner, 2 user, 4 group, 8 other group, 0x10 mask, 0x20 others) may do what.</summary>
    private readonly record struct AclEntry(ushort Tag, ushort Permissions, uint Id = uint.MaxValue);

    private void FillOwners()
    {
        _pen.Directory("owners");
        uint[] modes = [0, 0x40, 0x124, 0x1FF, 0x9ED, 0x5ED, 0x3FF, 0xFFF, 0x800];
        foreach (uint mode in modes)
        {
            _pen.File($"owners/mode-{mode:x}", 5);
            _pen.Mode($"owners/mode-{mode:x}", mode);
            _pen.Directory($"owners/directory-mode-{mode:x}");
            _pen.Mode($"owners/directory-mode-{mode:x}", mode);
        }

        uint[] identities = [1, 1000, 65_534, 65_535, 65_536, 100_001, 0x7FFFFFFF, 0xFFFFFFFE];
        foreach (uint identity in identities)
        {
            _pen.File($"owners/user-{identity}", 5);
            _pen.Owner($"owners/user-{identity}", identity, identity ^ 1);
        }

        _pen.SymbolicLink("owners/link", "user-1");
        _pen.Owner("owners/link", 70_000, 80_000);
    }

    private void FillTimes()
    {
        _pen.Directory("times");
        long[] moments =
        [
            0, 1, -1, -1_000_000_000, int.MinValue, int.MaxValue, (long)int.MaxValue + 1, uint.MaxValue, 1L << 32,
            (1L << 32) + int.MaxValue, (1L << 33) - 1, (1L << 33) + int.MaxValue, (3L << 32) + int.MaxValue,
        ];
        for (int index = 0; index < moments.Length; index++)
        {
            _pen.File($"times/{index}", index);
            _pen.Times($"times/{index}", moments[index], index % 3 == 0 ? 999_999_999 : index, moments[^(index + 1)], 123_456_789);
        }

        _pen.SymbolicLink("times/link", "0");
        _pen.Times("times/link", -5, 5, 1L << 33, 1);
        _pen.Times("times", 1_000_000_000, 7, 1_234_567_890, 987_654_321);
    }

    /// <summary>Inode flags, last, since an immutable inode takes no further change.</summary>
    private void FillFlags()
    {
        _pen.Directory("flags");
        (string Name, uint Flag)[] flags =
        [
            ("secure-deletion", 0x1), ("undelete", 0x2), ("compress", 0x4), ("sync", 0x8), ("immutable", 0x10), ("append", 0x20), ("no-dump", 0x40),
            ("no-atime", 0x80), ("journal-data", 0x4000), ("no-tail", 0x8000), ("all", 0x80 | 0x40 | 0x20 | 0x10 | 0x8),
        ];
        foreach ((string name, uint flag) in flags)
        {
            _pen.File($"flags/{name}", 100);
            _pen.Flags($"flags/{name}", flag);
        }

        (string Name, uint Flag)[] directoryFlags = [("sync", 0x10000), ("top", 0x20000), ("immutable", 0x10), ("append", 0x20)];
        foreach ((string name, uint flag) in directoryFlags)
        {
            _pen.Directory($"flags/directory-{name}");
            _pen.File($"flags/directory-{name}/inside", 1);
            _pen.Flags($"flags/directory-{name}", flag);
        }
    }
}
