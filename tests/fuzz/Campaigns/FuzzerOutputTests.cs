using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.FuzzTests.Campaigns;

public sealed class FuzzerOutputTests
{
    [Theory]
    [InlineData("#2\tINITED cov: 14 ft: 15 corp: 1/1b exec/s: 0 rss: 30Mb", 2, 14, 15, 1)]
    [InlineData("#1024\tNEW    cov: 15 ft: 17 corp: 3/7b lim: 4 exec/s: 0 rss: 26Mb L: 2/2 MS: 1 ShuffleBytes-", 1024, 15, 17, 3)]
    [InlineData("#65536\tpulse  cov: 15 ft: 17 corp: 3/7b lim: 652 exec/s: 32768 rss: 27Mb", 65536, 15, 17, 3)]
    [InlineData("#99: cov: 12 ft: 34 corp: 5 exec/s 123 oom/timeout/crash: 0/0/3 time: 5s job: 1 dft_time: 0", 99, 12, 34, 5)]
    public void Progress_is_read_from_each_kind_of_line(string line, long runs, int edges, int features, int corpus)
    {
        FuzzerOutput output = new();
        Assert.True(output.Read(line));
        Assert.Equal(new FuzzerProgress(runs, edges, features, corpus), output.Progress);
    }

    [Fact]
    public void What_is_found_is_counted_from_the_corpus_on()
    {
        FuzzerOutput output = Read("#2\tINITED cov: 14 ft: 15 corp: 1/1b", "#9\tNEW    cov: 15 ft: 17 corp: 2/2b");
        Assert.Equal(15, output.Start!.Value.Features);
        Assert.Equal(17, output.Progress.Features);
    }

    [Fact]
    public void Nothing_is_new_while_the_corpus_is_being_read()
    {
        FuzzerOutput output = Read("#16\tpulse  cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 30Mb", "#32\tpulse  cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 30Mb");
        Assert.Null(output.Start);
        output.Read("#40\tINITED cov: 14 ft: 15 corp: 1/1b");
        Assert.Equal(15, output.Start!.Value.Features);
    }

    [Fact]
    public void An_exception_is_a_failure_with_its_stack_and_artifact()
    {
        FuzzerOutput output = Read(
            "#9\tNEW    cov: 15 ft: 17 corp: 2/2b",
            "==123== ERROR: libFuzzer: unhandled managed exception System.IndexOutOfRangeException: Index was outside.",
            "   at Ext4Core.Extents.ExtentTree.Walk()",
            "DEDUP_TOKEN: a--b--c",
            "artifact_prefix='/tmp/'; Test unit written to /tmp/crash-1");
        FailureReport failure = Assert.Single(output.Failures);
        Assert.Equal(
            (FailureKind.Crash, "System.IndexOutOfRangeException: Index was outside.", "/tmp/crash-1"),
            (failure.Kind, failure.Headline, failure.Artifact));
        Assert.Contains("   at Ext4Core.Extents.ExtentTree.Walk()", failure.Lines);
    }

    [Theory]
    [InlineData("==1== ERROR: libFuzzer: timeout after 10 seconds", FailureKind.Timeout)]
    [InlineData("==1== ERROR: libFuzzer: out-of-memory (used: 2049Mb; limit: 2048Mb)", FailureKind.OutOfMemory)]
    [InlineData("==1== ERROR: libFuzzer: deadly signal", FailureKind.Crash)]
    public void The_kind_of_a_failure_is_read_from_its_first_line(string line, object kind) =>
        Assert.Equal(kind, Assert.Single(Read(line).Failures).Kind);

    [Fact]
    public void A_stack_overflow_is_told_by_the_runtime_before_libFuzzer_tells_of_the_end()
    {
        FuzzerOutput output = Read(
            "Stack overflow.",
            "Repeat 12061 times:",
            "--------------------------------",
            "   at Ext4Core.Extents.ExtentTree.Walk()",
            "--------------------------------",
            "==1== ERROR: libFuzzer: managed runtime aborted");
        FailureReport failure = Assert.Single(output.Failures);
        Assert.Equal("Stack overflow", failure.Headline);
        Assert.Equal("Stack overflow in ExtentTree.Walk", FindingBucket.Of(failure).Title);
    }

    private static FuzzerOutput Read(params string[] lines)
    {
        FuzzerOutput output = new();
        Array.ForEach(lines, line => output.Read(line));
        output.End();
        return output;
    }
}
