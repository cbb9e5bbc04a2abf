using Ext4Safety.Fuzz.Conversations;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>Changes conversations packet by packet, knowing the fields of each kind.</summary>
/// <param name="isHelpers">The packets are a helper's.</param>
internal sealed class PacketMutator(bool isHelpers) : IInputMutator
{
    private const int HeaderSize = 1;

    private static readonly byte[][] Texts =
    [
        [.. "/dev/sdb1"u8], [.. "/dev/fuse"u8], [.. "/mnt/usb"u8], [.. "/etc/shadow"u8], [.. "/dev/../dev/sdb1"u8],
        [.. "/sys/fs/cgroup/a/memory.pressure"u8], [.. "suid,dev"u8], [.. "allow_other,max_read=1"u8], [.. "user=alice,x-a"u8], [],
    ];

    private readonly PacketShape[] _examples = [.. PacketCatalogue.All.Where(shape => shape.IsHelpers == isHelpers)];
    private Chance _chance;

    /// <inheritdoc/>
    public int Mutate(Span<byte> data, int length, uint seed, IByteMutator engine)
    {
        _chance = new(seed);
        length = Math.Min(length, data.Length);
        if (length < HeaderSize)
        {
            return engine.Mutate(data, length);
        }

        List<Part> parts = PartsOf(data[..length]);
        if (_chance.OneIn(8))
        {
            data[0] ^= (byte)(1 << _chance.Below(8));
        }

        for (int steps = _chance.OneIn(3) ? 2 + _chance.Below(4) : 1; steps > 0; steps--)
        {
            Step(parts, engine);
        }

        return HeaderSize + Write(parts, data[HeaderSize..]);
    }

    /// <inheritdoc/>
    public int CrossOver(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> result, uint seed)
    {
        if (first.Length < HeaderSize || second.Length < HeaderSize || result.Length < HeaderSize)
        {
            return 0;
        }

        _chance = new(seed);
        List<Part> one = PartsOf(first), other = PartsOf(second);
        result[0] = first[0];
        int cut = _chance.Below(Math.Min(one.Count, other.Count) + 1);
        return HeaderSize + Write([.. one.Take(cut), .. other.Skip(cut)], result[HeaderSize..]);
    }

    /// <summary>An input without one of its packets, for each of them.</summary>
    public static IEnumerable<byte[]> Simpler(byte[] input)
    {
        if (input.Length < HeaderSize)
        {
            yield break;
        }

        List<Part> parts = PartsOf(input);
        for (int dropped = 0; dropped < parts.Count; dropped++)
        {
            byte[] simpler = new byte[input.Length];
            simpler[0] = input[0];
            int length = Write([.. parts.Where((_, index) => index != dropped)], simpler.AsSpan(HeaderSize));
            yield return simpler[..(HeaderSize + length)];
        }
    }

    private void Step(List<Part> parts, IByteMutator engine)
    {
        int index = _chance.Below(parts.Count);
        if (parts.Count == 0 || _chance.OneIn(6))
        {
            byte[] example = _examples[_chance.Below(_examples.Length)].Example;
            parts.Insert(_chance.Below(parts.Count + 1), new(PacketPlan.None, example));
            return;
        }

        Part part = parts[index];
        switch (_chance.Below(8))
        {
            case 0:
                parts.RemoveAt(index);
                break;
            case 1:
                parts.Insert(_chance.Below(parts.Count + 1), part);
                break;
            case 2:
                int other = _chance.Below(parts.Count);
                (parts[index], parts[other]) = (parts[other], part);
                break;
            case 3:
                parts[index] = part with { Plan = part.Plan ^ (PacketPlan)(1 << _chance.Below(4)) };
                break;
            case 4:
                parts[index] = part with { Bytes = WithText(part.Bytes) };
                break;
            case 5:
                byte[] longer = new byte[part.Bytes.Length + 32];
                part.Bytes.CopyTo(longer, 0);
                parts[index] = part with { Bytes = longer[..engine.Mutate(longer, part.Bytes.Length)] };
                break;
            default:
                parts[index] = part with { Bytes = WithField(part.Bytes) };
                break;
        }
    }

    private byte[] WithField(byte[] packet)
    {
        byte[] changed = [.. packet];
        if (PacketCatalogue.Find(packet) is { } shape)
        {
            DiskField field = shape.Shape.Fields[_chance.Below(shape.Shape.Fields.Count)];
            if (field.Offset + field.Size <= changed.Length)
            {
                Span<byte> bytes = changed.AsSpan(field.Offset, field.Size);
                FieldNumber.Set(bytes, _chance.Another(FieldNumber.Get(bytes, isBigEndian: true), field.Size * 8), isBigEndian: true);
            }
        }
        else if (changed.Length >= sizeof(uint))
        {
            // The block of arguments is a row of numbers too, at its front.
            Span<byte> bytes = changed.AsSpan(_chance.Below(Math.Min(changed.Length, 64) / sizeof(uint)) * sizeof(uint), sizeof(uint));
            FieldNumber.Set(bytes, _chance.Another(FieldNumber.Get(bytes, isBigEndian: true), 32), isBigEndian: true);
        }

        return changed;
    }

    /// <summary>Another text at a packet's end, or the same one byte longer, shorter or without its end.</summary>
    private byte[] WithText(byte[] packet)
    {
        int header = Math.Min(packet.Length, PacketCatalogue.Find(packet) is { } shape ? shape.Shape.Fields.Max(field => field.Offset + field.Size) : 0);
        return _chance.Below(4) switch
        {
            0 => packet[..^Math.Min(1, packet.Length)],
            1 => [.. packet, (byte)_chance.Below(2)],
            2 => [.. packet[..header], .. Texts[_chance.Below(Texts.Length)]],
            _ => [.. packet[..header], .. Texts[_chance.Below(Texts.Length)], 0],
        };
    }

    private static List<Part> PartsOf(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input[HeaderSize..]);
        List<Part> parts = [];
        while (reader.TryTakePart(out int plan, out ReadOnlySpan<byte> bytes))
        {
            parts.Add(new((PacketPlan)plan, bytes.ToArray()));
        }

        return parts;
    }

    /// <summary>Writes as many parts as there is room for.</summary>
    private static int Write(IEnumerable<Part> parts, Span<byte> target)
    {
        int length = 0;
        foreach (Part part in parts)
        {
            byte[] bytes = new InputWriter().U8((byte)part.Plan).U16((ushort)part.Bytes.Length).Bytes(part.Bytes).ToArray();
            if (part.Bytes.Length > ushort.MaxValue || bytes.Length > target.Length - length)
            {
                break;
            }

            bytes.CopyTo(target[length..]);
            length += bytes.Length;
        }

        return length;
    }

    private readonly record struct Part(PacketPlan Plan, byte[] Bytes);
}
