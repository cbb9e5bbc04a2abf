using System.Globalization;
using System.Text.RegularExpressions;
using System.Text;
using Ext4Safety.IntegrationTests.Native;
using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Trees;

/// <summary>Pictures an image through debugfs: the reference where this kernel cannot mount.</summary>
/// <remarks>It asks by inode number, so no name has to survive quoting, and one process answers many questions.</remarks>
internal sealed partial class DebugfsTree : IDisposable
{
    /// <summary>Files above this size are compared by their map alone: debugfs copies holes as zeros.</summary>
    private const long MostCopied = 8 << 20;
    private const uint InlineData = 0x10000000;
    private const uint HugeFile = 0x40000;
    private const uint FlagsForUsers = 0x725BDFFF;

    private readonly string _image;
    private readonly int _blockSize;
    private readonly string _scratch = Directory.CreateTempSubdirectory("ext4safety-debugfs-").FullName;
    private readonly TreePicture _picture = new();

    private DebugfsTree(string image, int blockSize) => (_image, _blockSize) = (image, blockSize);

    /// <summary>What debugfs does not tell.</summary>
    public static IReadOnlySet<string> NotCarried { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        Field.PreferredBlock, Field.VolumeBlockSize, Field.VolumeBlocks, Field.VolumeFree, Field.VolumeAvailable,
        Field.VolumeInodes, Field.VolumeFreeInodes,
    };

    /// <summary>Walks the whole image.</summary>
    public static TreePicture Take(string image, int blockSize)
    {
        using DebugfsTree tree = new(image, blockSize);
        tree.Walk();
        tree.TakeNodes();
        return tree._picture;
    }

    /// <summary>Takes away what was too large to copy.</summary>
    public static void ForgetUncopied(TreePicture debugfs, TreePicture other)
    {
        foreach ((ulong inode, NodePicture node) in debugfs.Nodes)
        {
            if (!node.Fields.ContainsKey(Field.Content) && other.Nodes.TryGetValue(inode, out NodePicture? same))
            {
                same.Fields.Remove(Field.Content);
            }
        }
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    private void Walk()
    {
        List<(ulong Inode, string Path)> level = [(2, ".")];
        _picture.Nodes.Add(2, new("."));
        while (level.Count > 0)
        {
            List<(ulong Inode, string Path)> next = [];
            List<string> listings = Ask(level.Select(directory => $"ls -l <{directory.Inode}>"));
            for (int index = 0; index < level.Count; index++)
            {
                foreach (Match match in EntryLine().Matches(listings[index]))
                {
                    Add(level[index].Path, match, next);
                }
            }

            level = next;
        }
    }

    private void Add(string directory, Match match, List<(ulong Inode, string Path)> next)
    {
        const int NoInode = 0;
        const int InventedDotType = 4; // Inline directories store no dots; the kernel invents a type for them, debugfs none.
        ulong inode = ulong.Parse(match.Groups["inode"].ValueSpan);
        if (inode == NoInode)
        {
            return;
        }

        string name = Unescape(match.Groups["name"].Value);
        string path = $"{directory}/{name}";
        bool isOutside = directory is "." && name is "..";
        int type = name is "." or ".." ? InventedDotType : EntryType(match.Groups["type"].Value);
        _picture.Entries.Add(path, new(inode, type, isOutside ? "" : $"inode {inode}"));
        bool isDirectory = (Convert.ToUInt32(match.Groups["mode"].Value, 8) & NodeType.TypeMask) == NodeType.Directory;
        if (name is not ("." or "..") && _picture.Nodes.TryAdd(inode, new(path)) && isDirectory)
        {
            next.Add((inode, path));
        }
    }

    private static int EntryType(string stored)
    {
        ReadOnlySpan<int> types = [0, 8, 4, 2, 6, 1, 12, 10];
        return types[int.Parse(stored)];
    }

    private void TakeNodes()
    {
        ulong[] inodes = [.. _picture.Nodes.Keys];
        List<string> states = Ask(inodes.Select(inode => $"stat <{inode}>"));
        List<string> attributes = Ask(inodes.Select(inode => $"ea_list <{inode}>"));
        List<string> copies = [];
        for (int index = 0; index < inodes.Length; index++)
        {
            NodePicture node = _picture.Nodes[inodes[index]];
            TakeStatus(states[index], node);
            TakeAttributeNames(inodes[index], attributes[index], node, copies);
            if (HasContent(node) || (node.Fields[Field.Mode].StartsWith("12", StringComparison.Ordinal) && !node.Fields.ContainsKey(Field.Target)))
            {
                copies.Add($"dump <{inodes[index]}> {_scratch}/{inodes[index]}");
            }
        }

        Ask(copies);
        foreach (ulong inode in inodes)
        {
            TakeCopies(inode, _picture.Nodes[inode]);
        }
    }

    private static bool HasContent(NodePicture node) =>
        node.Fields[Field.Mode].StartsWith("100", StringComparison.Ordinal) && long.Parse(node.Fields[Field.Size]) <= MostCopied;

    private void TakeStatus(string text, NodePicture node)
    {
        uint type = Match(text, @"Type: (\w+)") switch
        {
            "regular" => NodeType.Regular,
            "directory" => NodeType.Directory,
            "symlink" => NodeType.SymbolicLink,
            "character" => NodeType.CharacterDevice,
            "block" => NodeType.BlockDevice,
            "FIFO" => NodeType.Fifo,
            "socket" => NodeType.Socket,
            string other => throw new InvalidOperationException($"debugfs calls an inode {other}: {text}"),
        };
        uint flags = Convert.ToUInt32(Match(text, @"Flags: 0x(\w+)"), 16);
        long size = long.Parse(Match(text, @"Size: (\d+)"));
        node[Field.Mode] = Convert.ToString(type | Convert.ToUInt32(Match(text, @"Mode: +(\d+)"), 8), 8);
        node[Field.Links] = Match(text, @"Links: (\d+)");
        node[Field.User] = Identity(text, "User");
        node[Field.Group] = Identity(text, "Group");
        node[Field.Size] = $"{size}";
        node[Field.Sectors] = $"{Sectors(text, flags, type is NodeType.Regular ? size : 0)}";
        node[Field.AccessTime] = Time(text, "atime");
        node[Field.ModificationTime] = Time(text, "mtime");
        node[Field.ChangeTime] = Time(text, "ctime");
        if (text.Contains("crtime:", StringComparison.Ordinal))
        {
            node[Field.BirthTime] = Time(text, "crtime");
        }

        node[Field.Device] = type is NodeType.BlockDevice or NodeType.CharacterDevice ? Device(text) : "0:0";
        if (FastLink().Match(text) is { Success: true } link)
        {
            node[Field.Target] = Unescape(link.Groups["target"].Value);
        }

        if (type is NodeType.Regular or NodeType.Directory)
        {
            node[Field.Flags] = $"{flags & FlagsForUsers:x}";
            node[Field.Generation] = Match(text, @"Generation: (\d+)");
            string project = text.Contains("Project:", StringComparison.Ordinal) ? Identity(text, "Project") : "0";
            node[Field.Project] = project;
        }

        if (type == NodeType.Regular)
        {
            node[Field.Map] = (flags & InlineData) != 0 ? (size > 0 ? $"0-{size} " : "") : Map(text, size);
        }
    }

    /// <summary>The kernel counts the sectors of inline contents as if they were in a block.</summary>
    private long Sectors(string text, uint flags, long size)
    {
        const int SectorSize = 512;
        long stored = long.Parse(Match(text, @"Blockcount: (\d+)")) * ((flags & HugeFile) != 0 ? _blockSize / SectorSize : 1);
        return stored + ((flags & InlineData) != 0 ? (size + SectorSize - 1) / SectorSize : 0);
    }

    /// <summary>Written runs of file blocks as ranges of bytes, joined where they touch.</summary>
    private string Map(string text, long size)
    {
        List<(long Start, long End)> segments = [];
        foreach (Match run in Run().Matches(text))
        {
            if (run.Groups["unwritten"].Success)
            {
                continue;
            }

            long first = long.Parse(run.Groups["first"].ValueSpan);
            long last = run.Groups["last"].Success ? long.Parse(run.Groups["last"].ValueSpan) : first;
            segments.Add((first * _blockSize, Math.Min((last + 1) * _blockSize, size)));
        }

        segments.Sort();
        return ContentPicture.ShowMap(segments);
    }

    private void TakeAttributeNames(ulong inode, string text, NodePicture node, List<string> copies)
    {
        List<string> names = [];
        foreach (Match match in AttributeLine().Matches(text))
        {
            string name = match.Groups["name"].Value;
            if (name is not "system.data")
            {
                names.Add(HexadecimalName().IsMatch(name)
                    ? Encoding.Latin1.GetString(Convert.FromHexString(name.Replace(" ", "", StringComparison.Ordinal)))
                    : name);
            }
        }

        names.Sort(StringComparer.Ordinal);
        node[Field.AttributeNames] = string.Join(' ', names);
        for (int index = 0; index < names.Count; index++)
        {
            node[Field.AttributePrefix + names[index]] = $"{inode}.{index}";
            copies.Add($"ea_get -f {_scratch}/{inode}.{index} <{inode}> \"{names[index]}\"");
        }
    }

    private void TakeCopies(ulong inode, NodePicture node)
    {
        foreach (string field in node.Fields.Keys.Where(field => field.StartsWith(Field.AttributePrefix, StringComparison.Ordinal)).ToArray())
        {
            if (field is not Field.AttributeNames)
            {
                byte[] value = File.ReadAllBytes($"{_scratch}/{node.Fields[field]}");
                node[field] = Field.Value(field.Contains("system.posix_acl", StringComparison.Ordinal) ? WithoutUnusedIdentities(value) : value);
            }
        }

        string copy = $"{_scratch}/{inode}";
        if (!File.Exists(copy))
        {
            return;
        }

        byte[] content = File.ReadAllBytes(copy);
        if (HasContent(node))
        {
            node[Field.Content] = ContentPicture.Digest(content);
        }
        else
        {
            node[Field.Target] = PathBytes.Carry(content);
        }
    }

    /// <summary>Entries that name nobody: the kernel shows them with the identity -1, debugfs with 0.</summary>
    private static byte[] WithoutUnusedIdentities(byte[] acl)
    {
        const int Header = 4, Entry = 8, User = 2, Group = 8;
        for (int offset = Header; offset < acl.Length; offset += Entry)
        {
            if (acl[offset] is not (User or Group))
            {
                acl.AsSpan(offset + Header, sizeof(uint)).Fill(byte.MaxValue);
            }
        }

        return acl;
    }

    /// <summary>Asks many questions of one process and gives each answer.</summary>
    private List<string> Ask(IEnumerable<string> questions)
    {
        string script = $"{_scratch}/script";
        string[] lines = [.. questions];
        File.WriteAllText(script, string.Join('\n', lines) + "\n", Encoding.Latin1);
        string output = ExternalTool.Run("debugfs", "-f", script, _image);
        List<string> answers = [];
        int position = 0;
        foreach (string line in lines)
        {
            string echo = $"debugfs: {line}\n";
            int start = output.IndexOf(echo, position, StringComparison.Ordinal);
            position = start + echo.Length;
            int end = output.IndexOf("\ndebugfs: ", position - 1, StringComparison.Ordinal);
            answers.Add(output[position..(end < 0 ? output.Length : end + 1)]);
        }

        return answers;
    }

    private static string Time(string text, string name)
    {
        Match match = TimeLine(name).Match(text);
        int seconds = unchecked((int)Convert.ToUInt32(match.Groups["seconds"].Value, 16));
        uint extra = match.Groups["extra"].Success ? Convert.ToUInt32(match.Groups["extra"].Value, 16) : 0;
        return Field.Time(seconds + ((long)(extra & 3) << 32), extra >> 2);
    }

    /// <summary>debugfs shows identities signed.</summary>
    private static string Identity(string text, string name) =>
        $"{unchecked((uint)long.Parse(Match(text, name + @": +(-?\d+)")))}";

    private static string Device(string text)
    {
        Match match = DeviceLine().Match(text);
        return $"{int.Parse(match.Groups["major"].ValueSpan)}:{int.Parse(match.Groups["minor"].ValueSpan)}";
    }

    private static string Match(string text, string pattern)
    {
        Match match = Regex.Match(text, pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        return match.Success ? match.Groups[1].Value : throw new InvalidOperationException($"debugfs does not tell {pattern}: {text}");
    }

    private static Regex TimeLine(string name) => new(
        $@"\b{name}: 0x(?<seconds>\w+)(:(?<extra>\w+))?", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private static string Unescape(string shown) => EscapedByte().Replace(
        shown, match => $"{(char)int.Parse(match.Groups["byte"].ValueSpan, NumberStyles.HexNumber)}");

    [GeneratedRegex(@"^ *(?<inode>\d+) +(?<mode>[0-7]+) \((?<type>\d+)\) +[-\d]+ +[-\d]+ +\d+ +\S+ \S+ (?<name>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex EntryLine();

    [GeneratedRegex(@"^  (?<name>\S.*?) +\(\d+\)( =|$)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex AttributeLine();

    [GeneratedRegex(@"^([0-9a-f]{2} ?)+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HexadecimalName();

    [GeneratedRegex(@"\((?<first>\d+)(-(?<last>\d+))?(?<unwritten>\[u\])?\):", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Run();

    [GeneratedRegex("Fast link dest: \"(?<target>.*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FastLink();

    [GeneratedRegex(@"evice major/minor number: (?<major>\d+):(?<minor>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DeviceLine();

    [GeneratedRegex(@"\\x(?<byte>[0-9a-f]{2})", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EscapedByte();
}
