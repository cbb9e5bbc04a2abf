using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Primitives;
using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;

namespace Ext4Safety.IntegrationTests;

/// <summary>Sealed files give what was sealed, or nothing.</summary>
public sealed class VerityTests
{
    [NeedsTheory(Needs.Kernel)]
    [InlineData("verity")]
    [InlineData("verity-1k")]
    public void Sealed_files_read_as_they_were_sealed_and_tampered_ones_fail(string configuration)
    {
        ImageRecipe recipe = ImageMatrix.Named(configuration);
        using Volume volume = VolumeTree.Mount(ImageCache.Get(recipe));
        Workspace workspace = volume.CreateWorkspace();
        Assert.Equal(FsError.None, volume.Lookup(workspace, InodeNumber.Root, "verity"u8, out InodeNumber directory));
        foreach (VerityFile file in FillerVerity.Files(recipe.BlockSize))
        {
            byte[] name = System.Text.Encoding.ASCII.GetBytes(file.Name);
            Assert.Equal(FsError.None, volume.Lookup(workspace, directory, name, out InodeNumber inode));
            byte[] expected = FillerVerity.DataOf(file);
            byte[] read = new byte[expected.Length + 1];

            FsError error = volume.Read(workspace, inode, 0, read, out int count);

            if (file.Tampering == Tampering.Nothing)
            {
                Assert.True(error == FsError.None, $"{file.Name}: {error}");
                Assert.True(expected.AsSpan().SequenceEqual(read.AsSpan(0, count)), file.Name);
            }
            else
            {
                Assert.True(error == FsError.InputOutput, $"{file.Name}: {error}");
            }
        }
    }
}
