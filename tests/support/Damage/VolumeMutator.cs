namespace TestSupport.Damage;

/// <summary>Damages a volume in memory, reproducibly from a seed, and takes the damage back.</summary>
public sealed class VolumeMutator
{
    private readonly byte[] _volume;
    private readonly byte[] _sound;
    private readonly FieldMap _map;
    private readonly Resealer _resealer;
    private readonly List<(long Offset, int Size)> _touched = [];
    private readonly ILookup<Ext4Core.Integrity.StructureKind, MetadataField> _byKind;
    private readonly Ext4Core.Integrity.StructureKind[] _kinds;

    /// <summary>Takes a sound volume, which it damages in place.</summary>
    public VolumeMutator(byte[] volume)
    {
        _volume = volume;
        _sound = (byte[])volume.Clone();
        _map = new(_sound);
        _resealer = new(_map);
        _byKind = _map.Fields.ToLookup(field => field.Owner.Kind);
        _kinds = [.. _byKind.Select(group => group.Key)];
    }

    /// <summary>The volume as it stands.</summary>
    public byte[] Volume => _volume;

    /// <summary>Damages the volume; each seed in its own way.</summary>
    /// <returns>What was done, and how many bytes of the volume remain.</returns>
    public (string Story, int Length) Mutate(int seed)
    {
        Random random = new(seed);
        List<string> story = [];
        int edits = random.Next(4) == 0 ? random.Next(2, 6) : 1;
        bool seals = random.Next(4) != 0;
        for (int edit = 0; edit < edits; edit++)
        {
            story.Add(random.Next(12) switch
            {
                0 => ZeroStructure(random),
                1 => SwapStructures(random, seals),
                _ => EditField(random, seals),
            });
        }

        int length = _volume.Length;
        if (random.Next(25) == 0)
        {
            length = random.Next(0, _volume.Length);
            story.Add($"cut to {length} bytes");
        }

        return ($"seed {seed}{(seals ? ", sealed" : "")}: {string.Join("; ", story)}", length);
    }

    /// <summary>Makes the volume sound again.</summary>
    public void Restore()
    {
        foreach ((long offset, int size) in _touched)
        {
            _sound.AsSpan((int)offset, size).CopyTo(_volume.AsSpan((int)offset, size));
        }

        _touched.Clear();
    }

    private string EditField(Random random, bool seals)
    {
        MetadataField[] fields = [.. _byKind[_kinds[random.Next(_kinds.Length)]]];
        MetadataField field = fields[random.Next(fields.Length)];
        Span<byte> bytes = Touch(field.Owner.Offset, field.Owner.Size).Slice((int)(field.Offset - field.Owner.Offset), field.Size);
        string what = Change(random, bytes);
        if (seals)
        {
            Seal(field.Owner);
        }

        return $"{field}: {what}";
    }

    private static string Change(Random random, Span<byte> bytes)
    {
        switch (random.Next(6))
        {
            case 0:
                bytes.Clear();
                return "zero";
            case 1:
                bytes.Fill(byte.MaxValue);
                return "ones";
            case 2:
                int bit = random.Next(bytes.Length * 8);
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                return $"flip bit {bit}";
            case 3:
                ulong step = (ulong)random.NextInt64(-2, 3);
                Put(bytes, unchecked(Get(bytes) + step));
                return $"add {(long)step}";
            case 4:
                ulong edge = random.Next(5) switch
                {
                    0 => 1ul << random.Next(64),
                    1 => (1ul << random.Next(64)) - 1,
                    2 => 0x8000_8000_8000_8000,
                    3 => 0x7FFF_FFFF_7FFF_FFFF,
                    _ => (ulong)random.Next(4096),
                };
                Put(bytes, edge);
                return $"set {edge:x}";
            default:
                random.NextBytes(bytes);
                return "random";
        }
    }

    private string ZeroStructure(Random random)
    {
        SealedStructure structure = _map.Structures[random.Next(_map.Structures.Count)];
        Span<byte> bytes = Touch(structure.Offset, structure.Size);
        int start = random.Next(structure.Size);
        bytes[start..].Clear();
        return $"zero {structure.Kind} at {structure.Offset} from byte {start}";
    }

    private string SwapStructures(Random random, bool seals)
    {
        SealedStructure first = _map.Structures[random.Next(_map.Structures.Count)];
        SealedStructure[] others = [.. _map.Structures.Where(other => other.Size == first.Size)];
        SealedStructure second = others[random.Next(others.Length)];
        byte[] copy = Touch(first.Offset, first.Size).ToArray();
        Touch(second.Offset, second.Size).CopyTo(_volume.AsSpan((int)first.Offset, first.Size));
        copy.CopyTo(_volume.AsSpan((int)second.Offset, second.Size));
        if (seals)
        {
            Seal(first);
            Seal(second);
        }

        return $"swap {first.Kind} at {first.Offset} with {second.Kind} at {second.Offset}";
    }

    /// <summary>Sealing a bitmap writes into its group's descriptor.</summary>
    private void Seal(in SealedStructure owner)
    {
        if (owner.Kind is Ext4Core.Integrity.StructureKind.BlockBitmap or Ext4Core.Integrity.StructureKind.InodeBitmap)
        {
            uint group = owner.Number;
            SealedStructure descriptor = _map.Structures.First(
                structure => structure.Kind == Ext4Core.Integrity.StructureKind.GroupDescriptor && structure.Number == group);
            _ = Touch(descriptor.Offset, descriptor.Size);
        }

        _resealer.Seal(_volume, owner);
    }

    private Span<byte> Touch(long offset, int size)
    {
        _touched.Add((offset, size));
        return _volume.AsSpan((int)offset, size);
    }

    private static ulong Get(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int index = Math.Min(bytes.Length, sizeof(ulong)) - 1; index >= 0; index--)
        {
            value = (value << 8) | bytes[index];
        }

        return value;
    }

    private static void Put(Span<byte> bytes, ulong value)
    {
        for (int index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)(value & byte.MaxValue);
            value >>= 8;
        }
    }
}
