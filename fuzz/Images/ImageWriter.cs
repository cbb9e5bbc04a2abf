using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Images;

/// <summary>Makes a real image of an input, which the kernel, e2fsck and debugfs take.</summary>
internal static class ImageWriter
{
    private const int ChunkBytes = 1 << 16;

    /// <summary>Writes the volume; runs of zeros stay holes.</summary>
    /// <param name="input">The input.</param>
    /// <param name="path">The file to make.</param>
    public static void Write(in VolumeInput input, string path)
    {
        VolumeBuilder builder = new();
        builder.Build(input);
        using FileStream file = File.Create(path);
        file.SetLength(builder.Device.Length);
        Copy(builder.Device, file, 0, input.Base.Image.Length);
        RecordReader records = input.Records;
        while (records.MoveNext())
        {
            switch (records.Kind)
            {
                case RecordKind.Edit:
                    Copy(builder.Device, file, records[0], records.Bytes.Length);
                    break;
                case RecordKind.Fill:
                    Copy(builder.Device, file, records[0], (long)Math.Min(records[1], (ulong)long.MaxValue));
                    break;
                case RecordKind.Copy:
                    Copy(builder.Device, file, records[1], (long)Math.Min(records[2], (ulong)long.MaxValue));
                    break;
                case RecordKind.Borrow:
                    Copy(builder.Device, file, records[2], (long)Math.Min(records[3], (ulong)long.MaxValue));
                    break;
            }
        }
    }

    private static void Copy(SparseDevice device, FileStream file, ulong from, long length)
    {
        const long MostBytes = 1 << 30;
        byte[] chunk = new byte[ChunkBytes];
        long position = (long)Math.Min(from, (ulong)device.Length);
        long end = position + Math.Min(Math.Min(length, MostBytes), device.Length - position);
        while (position < end)
        {
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, end - position));
            device.Peek(position, part);
            if (part.ContainsAnyExcept((byte)0))
            {
                file.Position = position;
                file.Write(part);
            }

            position += part.Length;
        }
    }
}
