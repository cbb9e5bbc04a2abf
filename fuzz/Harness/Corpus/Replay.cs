using System.Diagnostics.CodeAnalysis;
using Ext4Core;
using Ext4Core.Io;

namespace Ext4Safety.Fuzz.Corpus;

/// <summary>One input that was run again.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="Verdict">One line that says what came of it.</param>
/// <param name="Finding">What it found; nothing if the code under test kept its promises.</param>
public sealed record ReplayedInput(string Name, string Verdict, Exception? Finding);

/// <summary>Runs inputs again.</summary>
public static class Replay
{
    /// <summary>Runs one input from a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ReplayedInput File(FuzzTarget target, string path) =>
        Input(target, Path.GetFileName(path), System.IO.File.ReadAllBytes(path));

    /// <summary>Runs one input. Whatever comes out of the target is its verdict.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Any exception is a verdict here.")]
    public static ReplayedInput Input(FuzzTarget target, string name, ReadOnlySpan<byte> input)
    {
        try
        {
            return new(name, FuzzRun.Once(target, input).ToString(), Finding: null);
        }
        catch (Exception finding)
        {
            return new(name, Describe(finding), finding);
        }
    }

    /// <summary>Draws the picture of a whole volume, which is its verdict. Whatever comes out is a finding.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="device">The volume. It is disposed of.</param>
    /// <param name="options">How it is mounted.</param>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Any exception is a verdict here.")]
    public static ReplayedInput Volume(string name, IBlockDevice device, VolumeOptions options)
    {
        try
        {
            return new(name, VolumePicture.Draw(device, options), Finding: null);
        }
        catch (Exception finding)
        {
            return new(name, Describe(finding) + "\n", finding);
        }
    }

    /// <summary>One line that says what was found.</summary>
    public static string Describe(Exception finding)
    {
        string message = finding.Message.ReplaceLineEndings(" ");
        return finding is FindingException ? $"finding {message}" : $"finding {finding.GetType().Name}: {message}";
    }
}
