using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Systems;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Contained;

/// <summary>A server that a volume has taken over tries everything that it knows, from behind the same lockdown: nothing works. One
/// picture holds for every place, since the lockdown answers before anything that differs between kernels and sandboxes is asked.</summary>
public sealed class EscapeTests : IDisposable
{
    private const string Script = "65-escapes", Succeeded = "SUCCEEDED";
    private const int FewestAttempts = 60;

    private readonly string _scratch = Directory.CreateTempSubdirectory("ext4safety-escape-").FullName;

    public void Dispose() => Directory.Delete(_scratch, recursive: true);

    [NeedsFact(Needs.Escape)]
    public void From_a_sandbox_of_the_helpers_nothing_leads_out() => AssertThatNothingSucceeds(Run("rw"));

    [PlaceFact(Place.Namespaces)]
    public void From_a_service_nothing_leads_out() => AssertThatNothingSucceeds(SystemRun.In(Place.Namespaces).AssertPassed(Script));

    [PlaceFact(Place.Guest)]
    public void From_a_service_nothing_leads_out_on_a_newer_kernel() => AssertThatNothingSucceeds(SystemRun.In(Place.Guest).AssertPassed(Script), isSample: true);

    /// <summary>The test can see success; and where the helper could give files away, its own rules keep it from that.</summary>
    [NeedsFact(Needs.Escape)]
    public void Without_the_lockdown_attempts_succeed_and_the_helper_still_does_nothing_but_what_its_caller_said()
    {
        string[] outcomes = Run("rw,x-escape.unlocked").Split('\n');
        Assert.All(
            ["open-root", "fork", "memory-file", "map-write-execute", "make-heap-executable", "socket-unix", "ask-for-volume-again"],
            name => Assert.Contains($"{name} {Succeeded}", outcomes));
        Assert.Equal(
            ["ask-for-volume-again"],
            outcomes.SkipWhile(line => !line.StartsWith("ask-", StringComparison.Ordinal)).Where(line => line.EndsWith(Succeeded, StringComparison.Ordinal)).Select(line => line.Split(' ')[0]));
    }

    private static void AssertThatNothingSucceeds(string picture, bool isSample = false)
    {
        string[] outcomes = picture.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(outcomes.Length >= FewestAttempts, picture);
        Assert.DoesNotContain(outcomes, outcome => outcome.EndsWith(Succeeded, StringComparison.Ordinal));
        if (isSample)
        {
            string[] all = File.ReadAllLines(Path.Combine(TestTree.Root, "tests", "integration", "Contained", $"{nameof(EscapeTests)}.{nameof(AssertThatNothingSucceeds)}.verified.txt"));
            Assert.Empty(outcomes.Except(all, StringComparer.Ordinal));
        }
        else
        {
            Snapshot.Verify(picture);
        }
    }

    /// <summary>Starts such servers in sandboxes until everything was tried, with a volume that they hold for writing.</summary>
    private string Run(string options)
    {
        string image = Path.Combine(_scratch, "image"), log = Path.Combine(_scratch, "log"), directory = Path.Combine(_scratch, "mnt");
        Directory.CreateDirectory(directory);
        new ImageBuilder(VolumeShape.Ext4).Disk.SaveTo(image);
        byte[] before = File.ReadAllBytes(image);
        ToolResult result = ExternalTool.Try(
            Path.Combine(TestTree.Root, "tests", "integration", "escape", "run"), $"cat {log}", "0", options,
            "env", $"FUSE4FS_LOGFILE={log}", Machine.Helper, "--alone", "--server", Machine.Escape, image, directory, "-o");
        Assert.True(result.ExitCode == 0, result.Everything);
        Assert.Equal(before, File.ReadAllBytes(image));
        return result.Output;
    }
}
