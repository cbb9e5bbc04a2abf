using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using FsCheck;
using FsCheck.Fluent;
using TestSupport;

namespace Ext4Core.PropertyTests.Volumes;

/// <summary>Any bytes at all: a refusal, or an answer; no other exception, and never more work than the budget allows.</summary>
public sealed class RandomBytesProperties
{
    private const int Tests = 400;

    /// <summary>Bytes over a structure: mostly a few fields, sometimes everything.</summary>
    private static Gen<(int Offset, byte[] Bytes)[]> Edits(int length) => Gen.Frequency(
        (9, (from offset in Gen.Choose(0, (length / 2) - 1)
             from bytes in Gen.OneOf(
                 Gen.Elements(0, 1, 2, 0x7FFF, 0x8000, 0x8001, 0xFFFF, -1, int.MinValue, 0x4000_0000).Select(BitConverter.GetBytes),
                 Gen.Choose(0, 255).Select(value => new[] { (byte)value }),
                 Gen.Choose(0, 5000).Select(value => BitConverter.GetBytes((ushort)value)))
             select (Offset: offset * 2, Bytes: bytes)).ArrayOf().Where(edits => edits.Length > 0)),
        (1, Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(length).Select(bytes => new[] { (0, bytes) })));

    [Theory]
    [InlineData("ext4, several groups")]
    [InlineData("bigalloc, 2 KiB clusters of 1 KiB blocks")]
    [InlineData("ext4, meta_bg from the second block on")]
    [InlineData("revision 0")]
    public void Any_superblock(string shape) => Holds(
        VolumeShapes.Named(shape), SuperblockView.SChecksum, (image, _) => image.Superblock, (image, _) => image.SealSuperblock());

    [Theory]
    [InlineData("ext4, several groups")]
    [InlineData("ext4 without flex_bg")]
    public void Any_group_descriptor(string shape) => Holds(
        VolumeShapes.Named(shape), 64, (image, _) => image.Descriptor(0), (image, _) => image.SealDescriptor(0));

    [Theory]
    [InlineData("ext4, 1 KiB blocks", 256)]
    [InlineData("ext2", 128)]
    public void Any_inode(string shape, int length) => Holds(
        VolumeShapes.Named(shape), length, (image, file) => image.Inode(file), (image, file) => image.SealInode(file));

    [Fact]
    public void Any_extent_node() => Holds(
        VolumeShape.Ext4, 200, (image, file) => image.Block(image.ExtentNodesOf(file)[0]), (image, _) => image.Seal());

    [Fact]
    public void Any_extent_root() => Holds(
        VolumeShape.Ext4, 60, (image, file) => image.Inode(file)[InodeView.IBlock..], (image, file) => image.SealInode(file));

    [Fact]
    public void Any_block_of_pointers() => Holds(
        VolumeShape.Ext2, 1024, (image, file) => image.Block(Le.U32(image.Inode(file), InodeView.IBlock + 48)), (_, _) => { });

    private delegate Span<byte> Structure(ImageBuilder image, uint file);

    private static void Holds(VolumeShape shape, int length, Structure structure, Action<ImageBuilder, uint> seal)
    {
        bool hasExtents = shape.Incompatible.HasFlag(IncompatibleFeatures.Extents);
        ImageBuilder image = new(shape);
        PlannedRun[] runs = [.. Enumerable.Range(0, 24).Select(index => new PlannedRun((uint)index * 2, 1, hasExtents && index % 5 == 0))];
        uint file = image.AddFile("file", runs, depth: 1);
        byte[] sound = structure(image, file)[..Math.Min(length, structure(image, file).Length)].ToArray();
        Prop.ForAll(Edits(sound.Length).ToArbitrary(), edits =>
        {
            Span<byte> bytes = structure(image, file)[..sound.Length];
            sound.CopyTo(bytes);
            foreach ((int offset, byte[] value) in edits)
            {
                value.AsSpan(0, Math.Min(value.Length, bytes.Length - offset)).CopyTo(bytes[offset..]);
            }

            seal(image, file);
            try
            {
                Exercise(image, file);
            }
            catch (Exception refusal) when (refusal is CorruptionException or UnsupportedFeatureException)
            {
                return true;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Tests));
    }

    private static void Exercise(ImageBuilder image, uint file)
    {
        using Volume volume = image.Mount(ImageBuilder.SmallOptions with { Limits = new() { BlocksPerRequest = 4096 } });
        Workspace workspace = volume.CreateWorkspace();
        if (volume.Admit(new(file), out InodeNumber number) != FsError.None)
        {
            return;
        }

        List<Action> requests =
        [
            () => _ = volume.Stat(workspace, number, out _),
            () => _ = volume.ReadLink(workspace, number, new byte[4096], out _),
            () => _ = volume.Seek(workspace, number, 0, SeekTarget.Data, out _),
            () => _ = volume.Seek(workspace, number, 1024, SeekTarget.Hole, out _),
            () => _ = volume.Lookup(workspace, InodeNumber.Root, "file"u8, out _),
            () => _ = volume.Statistics(workspace),
        ];
        foreach (long offset in new[] { 0, 1023, 12 * 1024, 40_000, 1L << 40, long.MaxValue - 1 })
        {
            requests.Add(() => _ = volume.Read(workspace, number, offset, new byte[20_000], out _));
            requests.Add(() => _ = volume.Map(workspace, number, offset, long.MaxValue, out _));
            requests.Add(() => _ = volume.BlockOf(workspace, number, new((uint)Math.Min(offset >> 10, uint.MaxValue)), out _));
        }

        foreach (Action request in requests)
        {
            try
            {
                request();
            }
            catch (CorruptionException)
            {
                // One request is refused; the next may well be answered.
            }
        }
    }
}
