using Fuse4fs.Options;

namespace Fuse4fs.UnitTests.Options;

public class MountOptionsTests
{
    private static readonly MountPlan Fresh = new("disk.img", "/mnt");

    [Fact]
    public void Without_options_a_mount_is_read_only_without_devices_and_set_user_id()
    {
        Assert.Equal(MountFlags.ReadOnly | MountFlags.NoSetUserId | MountFlags.NoDevices, Fresh.Flags);
        Assert.True(Fresh.ChecksPermissions);
        Assert.True(Fresh.AccessControlLists);
        Assert.False(Fresh.AllowOther);
    }

    [Fact]
    public void Acting_like_the_kernel_opens_the_mount_to_everybody_under_its_checks()
    {
        MountPlan plan = MountOptions.Apply(Fresh, "kernel");
        Assert.Equal(MountFlags.ReadOnly, plan.Flags);
        Assert.True(plan.AllowOther && plan.ChecksPermissions && plan.AccessControlLists);
    }

    [Fact]
    public void Faking_root_keeps_devices_and_set_user_id_out()
    {
        MountPlan plan = MountOptions.Apply(Fresh, "suid,dev,fakeroot");
        Assert.False(plan.ChecksPermissions);
        Assert.True(plan.Flags.HasFlag(MountFlags.NoSetUserId | MountFlags.NoDevices));
    }

    [Fact]
    public void Later_words_win() => Assert.False(MountOptions.Apply(Fresh, "noexec,exec").Flags.HasFlag(MountFlags.NoExecution));

    [Theory]
    [InlineData("cache_size=64k", 64 << 10)]
    [InlineData("cache_size=3m", 3 << 20)]
    [InlineData("cache_size=1G", 1 << 30)]
    [InlineData("cache_size=12345", 12345)]
    public void Sizes_take_a_suffix(string list, long expected) => Assert.Equal(expected, MountOptions.Apply(Fresh, list).CacheBytes);

    [Theory]
    [InlineData("frobnicate", "unknown mount option \"frobnicate\"")]
    [InlineData("ro,frob=1", "unknown mount option \"frob\"")]
    [InlineData("offset", "mount option \"offset\" needs a value: offset=BYTES")]
    [InlineData("ro=1", "mount option \"ro\" takes no value, but \"1\" was given")]
    [InlineData("offset=-1", "mount option \"offset=-1\": a number from 0 to 9223372036854775807 is needed, k, m or g may follow")]
    [InlineData("cache_size=3g", "mount option \"cache_size=3g\": a number from 1 to 2147483648 is needed, k, m or g may follow")]
    [InlineData("cache_size=99999999999999999g", "mount option \"cache_size=99999999999999999g\": a number from 1 to 2147483648 is needed, k, m or g may follow")]
    [InlineData("errors=ignore", "mount option \"errors=ignore\": continue, remount-ro or panic is needed")]
    [InlineData("flush_interval=often", "mount option \"flush_interval=often\": a number from 0 to 4294967295 is needed, k, m or g may follow")]
    [InlineData("lockfile=", "mount option \"lockfile=\": the name of a file is needed")]
    public void A_mistake_is_named(string list, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => MountOptions.Apply(Fresh, list)).Message);

    [Fact]
    public void Words_for_the_mount_table_keep_their_commas_to_themselves() =>
        Assert.Equal(@"x-a\,suid,x-b,", MountOptions.Apply(Fresh, @"x-a\,suid,ro,x-b").TableOptions);

    [Theory]
    [InlineData("norecovery")]
    [InlineData("noload")]
    public void A_dirty_journal_can_be_left_alone(string word) => Assert.True(MountOptions.Apply(Fresh, word).SkipJournal);

    [Fact]
    public void Words_of_other_programs_are_kept_for_the_mount_table_and_change_nothing_else() => Assert.Equal(
        Fresh with { TableOptions = "x-systemd.automount,X-anything=1," },
        MountOptions.Apply(Fresh, "x-systemd.automount,X-anything=1,nofail"));

    [Fact]
    public void Who_has_mounted_is_noted_in_the_mount_table() =>
        Assert.Equal(Fresh with { TableOptions = "user=alice," }, MountOptions.Apply(Fresh, "user=alice,user"));

    [Theory]
    [InlineData("defaults,auto,noauto,nofail,_netdev,user,nouser,users,owner,noowner,group,nogroup,silent,loud")]
    [InlineData("atime,diratime,relatime,norelatime,strictatime,nostrictatime,lazytime,nolazytime,sync,async,dirsync,iversion,noiversion,mand,nomand")]
    public void Words_of_mount_that_mean_nothing_here_change_nothing(string list) => Assert.Equal(Fresh, MountOptions.Apply(Fresh, list));

    [Fact]
    public void Every_option_has_a_meaning_and_no_option_stands_twice()
    {
        Assert.All(MountOptions.All, option => Assert.NotEmpty(option.Meaning));
        Assert.Equal(MountOptions.All.Count, MountOptions.All.Select(option => option.Name).Distinct(StringComparer.Ordinal).Count());
    }
}
