using Ext4Core;
using Ext4Core.Io;
using Ext4Safety.Fuzz.Corpus;
using Ext4Safety.Fuzz.Images;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Commands;

/// <summary>One replay: what was run, what changed, what was found.</summary>
/// <param name="workplace">Where to print.</param>
/// <param name="targetName">The target that the user named for inputs whose place does not tell; or nothing.</param>
/// <param name="accepts">Write verdicts down instead of holding inputs against them.</param>
/// <param name="isQuiet">Print only changes and findings.</param>
internal sealed class ReplayRun(Workplace workplace, string? targetName, bool accepts, bool isQuiet)
{
    private readonly FuzzTarget? _named = targetName is null ? null : CommonOptions.Find(targetName);
    private int _inputs, _changes, _findings;

    /// <summary>Runs a file, the inputs in a directory, or everything below it.</summary>
    public void Path(string path)
    {
        if (Directory.Exists(path))
        {
            Tree(path);
        }
        else if (!File.Exists(path))
        {
            throw new CommandException($"{path}: no such file or directory");
        }
        else if ((_named ?? CorpusTree.TargetOf(path)) is { } target)
        {
            Inputs(target, System.IO.Path.GetDirectoryName(path)!, [path], isWhole: false);
        }
        else if (RawImage.IsOne(path))
        {
            Image(Replay.Volume(path, RawImage.Open(path), new VolumeOptions()));
        }
        else if (VolumeInput.TryParse(File.ReadAllBytes(path), out _))
        {
            Image(new ImageCorpus(System.IO.Path.GetDirectoryName(path)!).Draw(path, File.ReadAllBytes(path)));
        }
        else
        {
            throw new UsageException($"{path}: its directory does not bear the name of a target, and it is no volume image: say --target");
        }
    }

    /// <summary>Runs the inputs in a directory and in all below it.</summary>
    public void Tree(string directory)
    {
        if ((_named ?? CorpusTree.TargetOf(directory)) is { } target)
        {
            Inputs(target, directory, CorpusTree.InputsIn(directory), isWhole: true);
        }

        foreach (string child in Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal))
        {
            Tree(child);
        }
    }

    /// <summary>Makes every damaged volume of the script anew, and holds its picture against the one that was verified.</summary>
    public void Cases(string directory)
    {
        ImageCorpus images = new(directory);
        foreach (DamageCase damage in images.Read())
        {
            byte[] input = images.Pack(damage);
            ReplayedInput image = images.Draw(damage.Name, input);
            _inputs++;
            _findings += image.Finding is null ? 0 : 1;
            if (!isQuiet || image.Finding is not null)
            {
                string path = workplace.Shorten(System.IO.Path.GetDirectoryName(images.InputOf(damage))!);
                workplace.Output.WriteLine($"{path}: {FirstLine(image.Verdict)}");
            }

            bool isCommitted = File.Exists(images.InputOf(damage)) && File.ReadAllBytes(images.InputOf(damage)).AsSpan().SequenceEqual(input);
            string change = images.Compare(damage, image.Verdict);
            if (change.Length > 0 || !isCommitted)
            {
                _changes++;
                workplace.Output.WriteLine(change.Length > 0 ? change : $"{damage.Name}: {images.InputOf(damage)} is not what the script makes");
                if (accepts)
                {
                    images.Accept(damage, input, image.Verdict);
                }
            }
        }
    }

    /// <summary>Prints the last line, and says how it went.</summary>
    public int Finish(TimeSpan elapsed)
    {
        double rate = _inputs / Math.Max(elapsed.TotalSeconds, 0.001);
        string changes = accepts ? $"{_changes} verdicts written down" : $"{_changes} changed";
        workplace.Output.WriteLine($"{_inputs} inputs, {changes}, {_findings} findings that are not committed, {rate:n0} inputs/s");
        return _findings > 0 || (_changes > 0 && !accepts) ? ExitCode.Found : ExitCode.Success;
    }

    private void Inputs(FuzzTarget target, string directory, IReadOnlyList<string> files, bool isWhole)
    {
        string path = CorpusTree.VerdictsOf(directory);
        bool hasVerdicts = accepts || File.Exists(path);
        VerdictFile verdicts = VerdictFile.Load(path);
        List<ReplayedInput> replayed = [];
        foreach (string file in files)
        {
            ReplayedInput input = Replay.File(target, file);
            replayed.Add(input);
            bool isKnown = string.Equals(verdicts[input.Name], input.Verdict, StringComparison.Ordinal);
            bool isFound = input.Finding is not null && !isKnown && !accepts;
            _findings += isFound ? 1 : 0;
            if (!isQuiet || isFound)
            {
                workplace.Output.WriteLine($"{workplace.Shorten(file)}: {input.Verdict}");
            }
        }

        _inputs += replayed.Count;
        if (hasVerdicts)
        {
            Compare(verdicts, directory, replayed, isWhole);
        }
    }

    private void Compare(VerdictFile verdicts, string directory, List<ReplayedInput> replayed, bool isWhole)
    {
        List<VerdictChange> changes = [.. verdicts.Compare(replayed).Where(change => isWhole || change.Now is not null)];
        _changes += changes.Count;
        foreach (VerdictChange change in changes)
        {
            workplace.Output.WriteLine($"{workplace.Shorten(directory)}/{change}");
            verdicts[change.Name] = change.Now;
        }

        if (accepts && changes.Count > 0)
        {
            verdicts.Save(CorpusTree.VerdictsOf(directory));
        }
    }

    private void Image(ReplayedInput image)
    {
        _inputs++;
        string shown = isQuiet ? FirstLine(image.Verdict) : image.Verdict.TrimEnd('\n');
        workplace.Output.WriteLine($"{workplace.Shorten(image.Name)}: {shown}");
        if (image.Finding is not null)
        {
            _findings++;
            workplace.Output.WriteLine(image.Finding.ToString());
        }
    }

    private static string FirstLine(string text) => text[..text.IndexOf('\n', StringComparison.Ordinal)];
}

/// <summary>A volume image as a user has it: a file with an ext2, ext3 or ext4 superblock in its place.</summary>
internal static class RawImage
{
    private const int MagicOffset = 1024 + 0x38;

    /// <summary>Whether the superblock's magic is where it has to be.</summary>
    public static bool IsOne(string path)
    {
        using FileStream file = File.OpenRead(path);
        if (file.Length < MagicOffset + 2)
        {
            return false;
        }

        file.Position = MagicOffset;
        return file.ReadByte() == 0x53 && file.ReadByte() == 0xEF;
    }

    /// <summary>Opens it, for reading alone.</summary>
    public static IBlockDevice Open(string path)
    {
        Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path);
        return new FileBlockDevice(handle, RandomAccess.GetLength(handle), isReadOnly: true);
    }
}
