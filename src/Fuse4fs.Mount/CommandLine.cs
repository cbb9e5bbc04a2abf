using Fuse4fs.Protocol;

namespace Fuse4fs.Mount;

/// <summary>The command line of mount(8)'s helpers, <c>SOURCE DIRECTORY [-sfnvrwd] [-o options] [-t type]</c>, in any order.</summary>
internal static class CommandLine
{
    public const string Usage = """
        fuse4fs-mount SOURCE DIRECTORY [-o options] [-t type] [-r] [-w] [-f] [-v] [-d]
        fuse4fs-mount -t type --check
          Mounts an ext2, ext3 or ext4 volume through a server that has no rights: the service of its type where one listens,
          or else one in a sandbox of its own.
          -o options     of mount(8) and fuse4fs(1), separated by commas
          -t type        the type behind "fuse." in the mount table, and the name of the service (fuse4fs)
          -r, -w         the same as -o ro, -o rw
          -f             do everything but mount
          -v             say what is done
          -d, --debug    the same as -o debug: the server logs each request
          -n, -s         accepted, no effect
          --alone        use a sandbox even where a service listens
          --server FILE  the server for the sandbox
          --sockets DIR  where services listen (/run/filesystems)
          --check        succeed if a service listens
        """;

    /// <summary>Words that are mount(8)'s or fstab(5)'s own business.</summary>
    private static readonly HashSet<string> OfOthers = new(StringComparer.Ordinal)
    {
        "defaults", "auto", "noauto", "nofail", "_netdev", "user", "nouser", "users", "owner", "group", "loop",
    };

    private static readonly OptionWord Debug = new("debug", "debug");
    private static readonly string[] TypePrefixes = ["fuse.", "fuseblk."];

    /// <summary>Reads the words.</summary>
    /// <exception cref="UsageException">They make no sense.</exception>
    public static Invocation Parse(IReadOnlyList<string> words)
    {
        if (words.FirstOrDefault(word => word.Contains('\uFFFD', StringComparison.Ordinal)) is { } noText)
        {
            throw new UsageException($"\"{noText}\" is not UTF-8, and no other words can be passed on");
        }

        Invocation invocation = new(string.Empty, string.Empty);
        List<string> places = [];
        List<OptionWord> options = [];
        for (int index = 0; index < words.Count; index++)
        {
            string word = words[index];
            switch (word)
            {
                case "--server":
                    invocation = invocation with { Server = Path.GetFullPath(Next()) };
                    break;
                case "--sockets":
                    invocation = invocation with { SocketDirectory = Next() };
                    break;
                case "--alone":
                    invocation = invocation with { IsAlone = true };
                    break;
                case "--debug":
                    options.Add(Debug);
                    break;
                case "--check":
                    invocation = invocation with { IsCheck = true };
                    break;
                default:
                    if (word.StartsWith('-') && word.Length > 1)
                    {
                        invocation = Letters(invocation, word, options, Next);
                    }
                    else
                    {
                        places.Add(word);
                    }

                    break;
            }

            string Next() => ++index < words.Count ? words[index] : throw new UsageException($"{word} needs a value");
        }

        if (invocation.IsCheck && places.Count == 0)
        {
            return invocation;
        }

        return places.Count == 2
            ? invocation with { Source = FullPath(places[0]), MountPoint = FullPath(places[1]), Options = options }
            : throw new UsageException("a source and a directory are needed");
    }

    /// <summary>The type without the kernel's part of it.</summary>
    public static string TypeOf(string name)
    {
        string? prefix = TypePrefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        string type = prefix is null ? name : name[prefix.Length..];
        return type.Length > 0 && !type.Contains('/', StringComparison.Ordinal) && type is not ("." or "..")
            ? type
            : throw new UsageException($"\"{name}\" is no type");
    }

    /// <summary>Letters behind one dash; the value of one that has one is the rest of the word, or else the next word.</summary>
    private static Invocation Letters(Invocation invocation, string word, List<OptionWord> options, Func<string> next)
    {
        for (int index = 1; index < word.Length; index++)
        {
            switch (word[index])
            {
                case 'o':
                    options.AddRange(OptionsOf(ValueAt(index + 1)));
                    return invocation;
                case 't':
                    return invocation with { Type = TypeOf(ValueAt(index + 1)) };
                case 'd':
                    options.Add(Debug);
                    break;
                case 'f':
                    invocation = invocation with { IsFake = true };
                    break;
                case 'v':
                    invocation = invocation with { IsVerbose = true };
                    break;
                case 'r':
                    options.Add(new("ro", "ro"));
                    break;
                case 'w':
                    options.Add(new("rw", "rw"));
                    break;
                case 'n' or 's':
                    break;
                default:
                    throw new UsageException($"unknown option {word}");
            }
        }

        return invocation;

        string ValueAt(int index) => index < word.Length ? word[index..] : next();
    }

    private static IEnumerable<OptionWord> OptionsOf(string list) =>
        OptionList.Words(list).Where(word => !OfOthers.Contains(word.Text) && !word.Text.StartsWith("X-", StringComparison.Ordinal));

    /// <summary>What stands in the mount table must mean the same tomorrow.</summary>
    private static string FullPath(string path) => path.Length > 0 ? Path.GetFullPath(path) : throw new UsageException("a path is empty");
}
