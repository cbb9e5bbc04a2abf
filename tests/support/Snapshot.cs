using System.Runtime.CompilerServices;
using Xunit;

namespace TestSupport;

/// <summary>Compares a readable picture with the one that was approved, in Verify's file convention.</summary>
public static class Snapshot
{
    /// <summary>Holds <paramref name="picture"/> against <c>Class.Method.verified.txt</c> beside the test; writes
    /// <c>.received.txt</c> and fails when they differ.</summary>
    public static void Verify(string picture, [CallerFilePath] string file = "", [CallerMemberName] string method = "")
    {
        string stem = Path.Combine(
            TestTree.Resolve(Path.GetDirectoryName(file)!), $"{Path.GetFileNameWithoutExtension(file)}.{method}");
        string verified = stem + ".verified.txt";
        string received = stem + ".received.txt";
        string expected = File.Exists(verified) ? File.ReadAllText(verified) : "";
        string actual = picture.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (string.Equals(expected, actual, StringComparison.Ordinal))
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, actual);
        Assert.Fail($"The picture changed. Compare {received} with {verified}; approve it by renaming.\n{actual}");
    }
}

/// <summary>Finds the source tree from a running test.</summary>
public static class TestTree
{
    private const string DeterministicRoot = "/_/";

    /// <summary>The directory that holds the solution file.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Turns a compiler-recorded path, which deterministic builds root at <c>/_/</c>, into a real one.</summary>
    public static string Resolve(string recorded) => recorded.StartsWith(DeterministicRoot, StringComparison.Ordinal)
        ? Path.Combine(Root, recorded[DeterministicRoot.Length..])
        : recorded;

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Ext4Safety.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No Ext4Safety.sln above {AppContext.BaseDirectory}.");
    }
}
