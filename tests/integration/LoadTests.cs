using System.Diagnostics;
using System.Text;
using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Server;
using Ext4Safety.IntegrationTests.Support;

namespace Ext4Safety.IntegrationTests;

/// <summary>A mount under load: several processes walk and read it at once, in different orders.</summary>
[Collection(MatrixMounts.Name)]
public sealed class LoadTests
{
    private const int Readers = 6;
    private const int FewestFiles = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [NeedsTheory(Needs.Kernel | Needs.Server)]
    [InlineData("ext4-2018")]
    public async Task Every_reader_of_a_busy_mount_sees_the_checksums_that_the_kernel_sees(string configuration)
    {
        string image = ImageCache.Get(ImageMatrix.Named(configuration));
        using KernelMount kernel = KernelMount.ReadOnly(image);
        using ServedMount served = ServedMount.Start(image);
        string expected = await Checksums(kernel.Directory, reader: 0).ConfigureAwait(true);
        Assert.True(expected.Count(character => character == '\0') > FewestFiles, "the volume holds too few files to be a load");

        string[] seen = await Task.WhenAll(Enumerable.Range(0, Readers).Select(reader => Checksums(served.Directory, reader)))
            .ConfigureAwait(true);

        Assert.All(seen, checksums => Assert.Equal(expected, checksums));
    }

    /// <summary>Digests of every file of ordinary size, sorted by name; each reader walks in an order of its own, metadata first.</summary>
    private static async Task<string> Checksums(string directory, int reader)
    {
        string script =
            $"cd '{directory}' && ls -lR . >/dev/null; find . -xdev -type f -size -64M -print0 | sort -z -R --random-source=<(yes {reader})"
            + " | xargs -0 -n 500 sha256sum -z | sort -z -k 2";
        ProcessStartInfo start = new("/bin/bash", ["-c", script]) { UseShellExecute = false, RedirectStandardOutput = true, StandardOutputEncoding = Encoding.Latin1 };
        using Process process = Process.Start(start)!;
        using CancellationTokenSource patience = new(Patience);
        string output = await process.StandardOutput.ReadToEndAsync(patience.Token).ConfigureAwait(false);
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        return output;
    }
}
