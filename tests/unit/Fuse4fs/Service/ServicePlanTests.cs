using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Fuse4fs.Service;

namespace Fuse4fs.UnitTests.Service;

/// <summary>What a service makes of its own words and a helper's.</summary>
public class ServicePlanTests
{
    private const HelperGrants All = HelperGrants.AllowOther | HelperGrants.BlockMount;

    [Fact]
    public void The_services_own_words_stand_in_front()
    {
        MountPlan plan = ServicePlan.Of(["-o", "kernel,noacl"], ["ext4", "/dev/sdb1", "/mnt/usb", "-o", "rw,acl,nosuid,x-tag=1"], All);
        Assert.Equal(("/dev/sdb1", "/mnt/usb", "ext4"), (plan.Device, plan.MountPoint, plan.Subtype));
        Assert.True(plan is { AllowOther: true, AccessControlLists: true, WriteRequested: true });
        Assert.Equal(MountFlags.NoSetUserId, plan.Flags & (MountFlags.NoSetUserId | MountFlags.NoDevices));
        Assert.Equal("x-tag=1,", plan.TableOptions);
    }

    [Fact]
    public void What_the_helper_does_not_grant_is_dropped_where_the_service_asks_for_it_by_itself() =>
        Assert.False(ServicePlan.Of(["-o", "kernel"], ["ext4", "image", "dir"], HelperGrants.None).AllowOther);

    [Fact]
    public void What_the_caller_asks_for_is_asked_for_and_the_helper_decides()
    {
        MountPlan plan = ServicePlan.Of(["-o", "kernel"], ["ext4", "image", "dir", "-o", "ro,allow_other"], HelperGrants.None);
        Assert.Equal("default_permissions,allow_other", KernelOptions.Of(plan, MountKind.Plain, 4096));
    }

    [Theory]
    [InlineData("--insecure")]
    [InlineData("--insecure=true")]
    [InlineData("--insecure:true")]
    [InlineData("-o", "lockfile=/tmp/x")]
    [InlineData("-o", "frobnicate")]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("a-third-argument")]
    [InlineData("-o", "partition=1,offset=512")]
    public void A_helper_cannot_ask_for_everything(params string[] words) =>
        Assert.Throws<UsageException>(() => ServicePlan.Of([], ["ext4", "image", "dir", .. words], All));

    [Fact]
    public void A_word_never_names_a_file_with_more_words()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "-o allow_other");
        Assert.Throws<UsageException>(() => ServicePlan.Of([], ["ext4", "image", "dir", $"@{file}"], All));
        Assert.Equal($"@{file}", ServicePlan.Of([], ["ext4", $"@{file}", "dir"], All).Device);
        File.Delete(file);
    }

    [Fact]
    public void The_words_of_mount_are_understood()
    {
        MountPlan plan = ServicePlan.Of([], ["ext4", "image", "dir", "-n", "-v", "-r"], All);
        Assert.False(plan.WriteRequested);
        Assert.True(ServicePlan.Of([], ["ext4", "image", "dir", "-w"], All).WriteRequested);
        Assert.True(ServicePlan.Of([], ["ext4", "image", "dir", "-orw,noexec"], All) is { WriteRequested: true } glued && glued.Flags.HasFlag(MountFlags.NoExecution));
        Assert.True(ServicePlan.Of([], ["ext4", "image", "dir", "--debug"], All).Debug);
    }

    [Fact]
    public void Options_for_the_kernel_are_those_that_a_helper_lets_through()
    {
        MountPlan plan = ServicePlan.Of(["-o", "kernel"], ["ext4", "image", "dir", "-o", "max_read=65536,noexec,noatime"], All);
        Assert.Equal("default_permissions,allow_other,max_read=65536", KernelOptions.Of(plan, MountKind.Plain, 4096));
        Assert.Equal("default_permissions,allow_other,max_read=65536,blksize=1024", KernelOptions.Of(plan, MountKind.Block, 1024));
        Assert.EndsWith("blksize=4096", KernelOptions.Of(plan, MountKind.Block, 65536), StringComparison.Ordinal);
        Assert.Equal(KernelMountFlags.ReadOnly | KernelMountFlags.NoExecution | KernelMountFlags.NoAccessTime, KernelOptions.FlagsOf(plan));
    }

    [Theory]
    [InlineData(@"context=""u:r:t:s0""", @"context=""u:r:t:s0""")]
    [InlineData(@"fscontext=""u:r:t:s0,c1"",rootcontext=u:r:t", @"fscontext=""u:r:t:s0,c1"",rootcontext=""u:r:t""")]
    [InlineData(@"defcontext=u:r:t:s0\,c1", @"defcontext=""u:r:t:s0,c1""")]
    public void Labels_reach_the_kernel_in_quotes(string options, string sent) => Assert.Equal(
        $"default_permissions,{sent}", KernelOptions.Of(ServicePlan.Of([], ["ext4", "image", "dir", "-o", options], All), MountKind.Plain, 4096));

    [Theory]
    [InlineData("context=")]
    [InlineData("context")]
    [InlineData(@"context=a\""b")]
    [InlineData(@"context=a\\b")]
    public void A_label_that_cannot_stand_in_quotes_is_refused(string options) =>
        Assert.Throws<UsageException>(() => ServicePlan.Of([], ["ext4", "image", "dir", "-o", options], All));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("E101, \"found\" 100%\n\u001b[31mred \u00e4", "E101, \"found\" 100%??[31mred ??")]
    [InlineData("", "")]
    public void A_verdict_arrives_fit_for_a_terminal(string said, string heard)
    {
        Assert.True(Verdict.TryDecode(Verdict.Encode(said), out string text));
        Assert.Equal(heard, text);
    }

    [Theory]
    [InlineData("x-tag=1")]
    [InlineData("x-fuse4fs.verdict=%")]
    [InlineData("x-fuse4fs.verdict=%2")]
    [InlineData("x-fuse4fs.verdict=%zz")]
    public void A_word_that_is_no_verdict_is_none(string word) => Assert.False(Verdict.TryDecode(word, out _));

    [Theory]
    [InlineData("/dev/fd/7x")]
    [InlineData("/dev/fd/-1")]
    [InlineData("/dev/fd/+1")]
    [InlineData("/dev/fd/")]
    [InlineData("/dev/fd/99999999999")]
    [InlineData("/dev/fd/1048575")]
    public void A_name_of_a_descriptor_is_a_number_that_is_open(string name) =>
        Assert.Throws<Fuse4fs.Mounting.MountException>(() => Fuse4fs.Mounting.PassedDescriptor.Take(name));

    [Fact]
    public void The_descriptor_zero_is_one_like_others() => Assert.Equal(Libc.ControlDescriptor(new(0, false), Libc.GetStatusFlags, 0) >= 0,
        Record.Exception(() => Fuse4fs.Mounting.PassedDescriptor.Take("/dev/fd/0")) is null);
}
