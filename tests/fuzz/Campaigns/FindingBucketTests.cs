using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.FuzzTests.Campaigns;

public sealed class FindingBucketTests
{
    private const string Message = "System.IndexOutOfRangeException: Index was outside the bounds of the array.";

    [Fact]
    public void Line_numbers_arguments_and_the_runtime_s_own_frames_do_not_count()
    {
        FindingBucket one = Of(Message,
            "   at System.ThrowHelper.ThrowIndexOutOfRange()",
            "   at Ext4Core.Extents.ExtentTree.Walk(Workspace workspace, Inode& inode) in /_/src/ExtentTree.cs:line 12",
            "   at Ext4Safety.Fuzz.Targets.ExtentTarget.Run(ReadOnlySpan`1 input) in /_/fuzz/ExtentTarget.cs:line 3",
            "   at Ext4Safety.Fuzz.FuzzRun.Once(FuzzTarget target, ReadOnlySpan`1 input)");
        FindingBucket other = Of(Message,
            "   at Ext4Core.Extents.ExtentTree.Walk(Workspace workspace) in /_/src/ExtentTree.cs:line 99",
            "   at Ext4Safety.Fuzz.Targets.ExtentTarget.Run(ReadOnlySpan`1 input)");
        Assert.Equal(["ExtentTree.Walk", "ExtentTarget.Run"], one.Frames);
        Assert.Equal(one.Identity, other.Identity);
        Assert.Equal("IndexOutOfRangeException in ExtentTree.Walk", one.Title);
    }

    [Theory]
    [InlineData("   at Ext4Core.Volume.<>c__DisplayClass7_0.<Read>b__0(Int32 x)", "Volume.Read")]
    [InlineData("   at Ext4Core.Volume.<Read>g__Local|7_0(Int32 x)", "Volume.Read")]
    [InlineData("   at Ext4Core.Directories.DirectoryReader.List[TSink](Workspace w)", "DirectoryReader.List")]
    [InlineData("   at Ext4Core.Cache.Table`2.Find(TKey key)", "Table.Find")]
    [InlineData("   at Ext4Core.Extents.ExtentTree..ctor(Int32 x)", "ExtentTree.ctor")]
    public void The_compiler_s_names_become_the_ones_that_were_written(string line, string frame) =>
        Assert.Equal([frame], Of(Message, line).Frames);

    [Fact]
    public void Without_a_method_of_ours_findings_of_two_targets_are_two()
    {
        FindingBucket allocation = Of("Ext4Safety.Fuzz.FindingException: Allocation: 8768 bytes", "   at Ext4Safety.Fuzz.FuzzRun.Once()");
        FindingBucket damage = Of(Message, "   at Ext4Core.Htree.Descend()");
        Assert.NotEqual(allocation.In("superblock").Identity, allocation.In("mount-options").Identity);
        Assert.Equal("superblock: Allocation: # bytes", allocation.In("superblock").Title);
        Assert.Equal(damage.In("superblock").Identity, damage.In("mount-options").Identity);
    }

    [Fact]
    public void A_method_that_calls_itself_counts_once() => Assert.Equal(
        ["Htree.Descend", "Htree.Lookup"],
        Of(Message, "   at Ext4Core.Htree.Descend()", "   at Ext4Core.Htree.Descend()", "   at Ext4Core.Htree.Lookup()").Frames);

    [Fact]
    public void A_stack_overflow_is_what_it_repeats_and_not_where_it_ended()
    {
        string[] around = ["Repeat 900 times:", "---", "   at Ext4Core.A.One()", "   at Ext4Core.A.Two()", "---", "   at Ext4Core.B.Main()"];
        Assert.Equal(["A.One", "A.Two"], Of("Stack overflow", ["   at Ext4Core.C.Leaf()", .. around]).Frames);
    }

    [Fact]
    public void A_damage_report_that_escapes_is_known_by_its_code_and_structure()
    {
        FindingBucket bucket = Of(
            "Ext4Core.Integrity.CorruptionException: E402 ExtentEntriesOverflow: ExtentNode of inode 12, block 3+0x002: found 400, limit 84",
            "   at Ext4Core.Integrity.Corrupt.Throw(CorruptionCode code)",
            "   at Ext4Core.Layout.ExtentNodeView.Parse()");
        Assert.Equal("CorruptionException E402 ExtentEntriesOverflow", bucket.Subject);
        Assert.Equal("ExtentNode", bucket.Structure);
        Assert.Equal(["ExtentNodeView.Parse"], bucket.Frames);
    }

    [Fact]
    public void Numbers_in_an_objection_do_not_count_and_its_words_do()
    {
        string one = Of("Ext4Safety.Fuzz.FindingException: Allocation: 70000 bytes allocated for an input of 12, budget 65536").Identity;
        Assert.Equal(one, Of("Ext4Safety.Fuzz.FindingException: Allocation: 99 bytes allocated for an input of 1, budget 7").Identity);
        Assert.NotEqual(one, Of("Ext4Safety.Fuzz.FindingException: Work: 99 blocks read for an input of 1, budget 7").Identity);
    }

    [Fact]
    public void An_exception_caught_here_falls_into_the_bucket_of_the_one_that_a_program_printed()
    {
        InvalidOperationException caught = Assert.Throws<InvalidOperationException>(() => Thrower.Throw());
        string printed = $"{caught.GetType().FullName}: {caught.Message}";
        Assert.Equal(Of(printed, caught.StackTrace!.Split('\n')).Identity, FindingBucket.Of(caught).Identity);
        Assert.Equal("Thrower.Throw", FindingBucket.Of(caught).Frames[0]);
    }

    private static FindingBucket Of(string headline, params string[] lines) =>
        FindingBucket.Of(new FailureReport(FailureKind.Crash, headline, lines, Artifact: null));

    private static class Thrower
    {
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        public static void Throw() => throw new InvalidOperationException("thrown");
    }
}
