using Ext4Core.Io;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>An image as an input.</summary>
/// <param name="Input">The input.</param>
/// <param name="LeftOut">Bytes of contents of files that it does without.</param>
public sealed record PackedVolume(byte[] Input, long LeftOut);

/// <summary>Turns images into inputs and back.</summary>
public static class VolumePacking
{
    /// <summary>Equal bytes between two differences that are worth a record of their own.</summary>
    private const int ShortestGap = 8;

    /// <summary>Makes an input that stands for an image: the base volume that shares most with it, and what differs.</summary>
    /// <remarks>Contents of files are left out: whoever reads them gets zeros, or what the base volume has in their place. All else
    /// is kept. The input is not sealed: its checksums are the image's.</remarks>
    /// <param name="image">The image.</param>
    /// <param name="hasContents">Whether contents of files are kept too.</param>
    /// <exception cref="ArgumentOutOfRangeException">The image is longer than an input can say.</exception>
    public static PackedVolume Pack(IBlockDevice image, bool hasContents = false)
    {
        FileContents contents = hasContents ? FileContents.None : FileContents.Find(image);
        SparseImage bytes = SparseImage.Read(image, contents);
        byte[]? best = null;
        foreach (BaseVolume volume in BaseVolumes.All.Where(volume => IsNear(volume, bytes)))
        {
            byte[] input = Pack(volume, bytes, contents);
            best = best is null || input.Length < best.Length ? input : best;
        }

        return new(best!, contents.Length);
    }

    /// <summary>Writes the image that an input stands for: sealed where the input says so, and as long as it says.</summary>
    /// <param name="input">The input.</param>
    /// <param name="image">Where to; it must be able to seek, and becomes sparse where the medium can be.</param>
    /// <returns>False for an input that is unfit.</returns>
    public static bool Unpack(ReadOnlySpan<byte> input, Stream image)
    {
        if (!VolumeInput.TryParse(input, out VolumeInput volume))
        {
            return false;
        }

        VolumeBuilder builder = new();
        builder.Build(volume);
        SparseDevice device = builder.Device;
        image.SetLength(device.Length);
        SortedSet<long> pages = [];
        foreach (int page in device.Image.Pages)
        {
            _ = pages.Add(page);
        }

        for (int slot = 0; slot < device.Touched.Count; slot++)
        {
            _ = pages.Add(device.Touched.PageAt(slot));
        }

        byte[] bytes = new byte[SparseImage.PageSize];
        foreach (long page in pages)
        {
            long offset = page << SparseImage.PageBits;
            int count = (int)Math.Min(bytes.Length, device.Length - offset);
            if (count > 0)
            {
                device.Peek(offset, bytes);
                image.Position = offset;
                image.Write(bytes.AsSpan(0, count));
            }
        }

        return true;
    }

    /// <summary>Only a volume of the same size and start is worth a comparison of every byte.</summary>
    private static bool IsNear(BaseVolume volume, SparseImage image)
    {
        const int Superblock = 1, FeaturesOffset = 0x58;
        return volume.Id == BaseVolumes.ZerosId
            || (volume.Image.Length == image.Length && !image[Superblock].IsEmpty
                && volume.Image[Superblock].Slice(FeaturesOffset, 64).SequenceEqual(image[Superblock].Slice(FeaturesOffset, 64)));
    }

    private static byte[] Pack(BaseVolume volume, SparseImage image, FileContents contents)
    {
        VolumeInputWriter writer = new(volume, default);
        if (volume.Image.Length != image.Length)
        {
            _ = writer.Add(RecordKind.Length, (ulong)image.Length);
        }

        long fills = VolumeBuilder.CopyBudget;
        SortedSet<int> pages = [.. image.Pages, .. volume.Image.Pages];
        byte[] sound = new byte[SparseImage.PageSize];
        byte[] wanted = new byte[SparseImage.PageSize];
        foreach (int page in pages.Where(page => !contents.Has(page)))
        {
            long offset = (long)page << SparseImage.PageBits;
            volume.Image.CopyTo(offset, sound);
            image.CopyTo(offset, wanted);
            AddDifferences(writer, offset, sound, wanted, ref fills);
        }

        return writer.ToArray();
    }

    /// <summary>Joins differences that lie so near that a record of its own would be longer.</summary>
    private static void AddDifferences(
        VolumeInputWriter writer, long offset, ReadOnlySpan<byte> sound, ReadOnlySpan<byte> wanted, ref long fills)
    {
        int at = 0;
        while (at < wanted.Length)
        {
            int skipped = sound[at..].CommonPrefixLength(wanted[at..]);
            at += skipped;
            if (at == wanted.Length)
            {
                return;
            }

            int end = at + 1;
            for (int same = 0; end + same < wanted.Length && same < ShortestGap;)
            {
                if (sound[end + same] == wanted[end + same])
                {
                    same++;
                }
                else
                {
                    end += same + 1;
                    same = 0;
                }
            }

            AddRange(writer, offset + at, wanted[at..end], ref fills);
            at = end;
        }
    }

    private static void AddRange(VolumeInputWriter writer, long offset, ReadOnlySpan<byte> bytes, ref long fills)
    {
        if (bytes.Length > ShortestGap && bytes.Length <= fills && !bytes.ContainsAnyExcept(bytes[0]))
        {
            fills -= bytes.Length;
            _ = writer.Add(RecordKind.Fill, (ulong)offset, (ulong)bytes.Length, bytes[0]);
        }
        else
        {
            _ = writer.Edit(offset, bytes);
        }
    }
}
