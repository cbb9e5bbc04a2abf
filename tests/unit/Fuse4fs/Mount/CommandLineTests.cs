using Fuse4fs.Mount;

namespace Fuse4fs.UnitTests.Mount;

/// <summary>What the helper is called with.</summary>
public class CommandLineTests
{
    [Fact]
    public void Words_of_mount_and_fstab_stay_with_them_and_the_rest_reaches_the_server()
    {
        Invocation invocation = CommandLine.Parse(
            ["disk.img", "mnt", "-n", "-o", "rw,nofail,_netdev,user,x-systemd.automount,X-own=1,noauto,offset=4096", "-sv", "-o", @"fsname=a\,b,context=""u:r:t:s0,c1"""]);
        Assert.Equal(["rw", "x-systemd.automount", "offset=4096", "fsname=a,b", "context=u:r:t:s0,c1"], invocation.Options.Select(option => option.Text));
        Assert.Equal((Path.GetFullPath("disk.img"), Path.GetFullPath("mnt")), (invocation.Source, invocation.MountPoint));
        Assert.Equal(
            ["fuse4fs", invocation.Source, invocation.MountPoint, "-o", @"rw,x-systemd.automount,offset=4096,fsname=a\,b,context=""u:r:t:s0,c1"""], invocation.ServerWords);
        Assert.True(invocation.IsVerbose);
    }

    [Theory]
    [InlineData("ext4", "ext4")]
    [InlineData("fuse.ext4", "ext4")]
    [InlineData("fuseblk.ntfs.v2", "ntfs.v2")]
    [InlineData("fuse.fuse.x", "fuse.x")]
    public void The_type_loses_the_kernels_part(string given, string type) => Assert.Equal(type, CommandLine.TypeOf(given));

    [Theory]
    [InlineData("fuse.a/b")]
    [InlineData("")]
    [InlineData("fuse.")]
    [InlineData("..")]
    public void A_type_that_names_no_socket_is_refused(string given) => Assert.Throws<UsageException>(() => CommandLine.TypeOf(given));

    [Theory]
    [InlineData("only-one")]
    [InlineData("one", "two", "three")]
    [InlineData("one", "two", "-o")]
    [InlineData("one", "two", "-z")]
    [InlineData("one", "")]
    [InlineData("one", "two", "-fo")]
    [InlineData("one", "two", "-tfuse.")]
    public void A_command_line_that_makes_no_sense_is_refused(params string[] words) =>
        Assert.Throws<UsageException>(() => CommandLine.Parse(words));

    [Theory]
    [InlineData("one", "tw\uFFFDo")]
    [InlineData("one", "two", "-o", "fsname=\uFFFD")]
    [InlineData("one", "two", "-t", "\uFFFD")]
    public void A_word_that_is_not_UTF8_is_refused_and_said_to_be_so(params string[] words) =>
        Assert.Contains("is not UTF-8", Assert.Throws<UsageException>(() => CommandLine.Parse(words)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ext4", "ro,noexec", "-oro,noexec", "-text4")]
    [InlineData("ext4", "ro,noexec", "-nvoro,noexec", "-st", "ext4")]
    [InlineData("fuse4fs", "debug,ro", "-do", "ro")]
    [InlineData("fuse4fs", "debug", "--debug")]
    public void Letters_take_values_as_other_helpers_do(string type, string options, params string[] words)
    {
        Invocation invocation = CommandLine.Parse(["one", "two", .. words]);
        Assert.Equal((type, options), (invocation.Type, string.Join(',', invocation.Options.Select(option => option.Text))));
    }

    [Fact]
    public void A_check_needs_no_places() => Assert.True(CommandLine.Parse(["-t", "ext4", "--check"]).IsCheck);

    [Fact]
    public void The_configuration_of_users_is_read_and_a_missing_one_has_defaults()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "# comment\nmount_max = 7 # seven\n  user_allow_other\nnonsense\n");
        Assert.Equal(new(MayAllowOthers: true, 7), UserLimits.Read(path));
        File.Delete(path);
        Assert.Equal(new(MayAllowOthers: false, 1000), UserLimits.Read(path));
    }
}
