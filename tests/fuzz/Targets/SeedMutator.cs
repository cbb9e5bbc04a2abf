using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzTests.Targets;

/// <summary>Changes a target's seeds at random: bits, bytes, words of its dictionary, pieces of other seeds.</summary>
internal sealed class SeedMutator
{
    private const int MostChanges = 6;

    private static readonly byte[] Edges = [0, 1, 0x7F, 0x80, 0xFF];

    private readonly Random _random;
    private readonly byte[][] _seeds;
    private readonly byte[][] _words;
    private readonly int _maximumLength;

    public SeedMutator(FuzzTarget target, int seed)
    {
        _random = new(seed);
        _seeds = [.. target.Seeds.Select(input => input.Bytes).DefaultIfEmpty(new byte[64])];
        _words = [.. target.Dictionary.Select(word => word.Bytes)];
        _maximumLength = target.MaximumLength;
    }

    public byte[] Next()
    {
        List<byte> input = [.. Pick(_seeds)];
        for (int changes = _random.Next(MostChanges); changes >= 0; changes--)
        {
            Change(input);
        }

        return [.. input.Take(_maximumLength)];
    }

    private void Change(List<byte> input)
    {
        int at = _random.Next(input.Count + 1);
        switch (_random.Next(8))
        {
            case 0 or 1 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 2 when at < input.Count:
                input[at] = Edges[_random.Next(Edges.Length)];
                break;
            case 3 when at < input.Count:
                input[at] += (byte)(_random.Next(2) == 0 ? 1 : -1);
                break;
            case 4 when _words.Length > 0:
                Overwrite(input, at, Pick(_words));
                break;
            case 5:
                input.RemoveRange(at, Math.Min(_random.Next(1, 17), input.Count - at));
                break;
            case 6:
                input.InsertRange(at, Enumerable.Range(0, _random.Next(1, 17)).Select(_ => (byte)_random.Next(256)));
                break;
            default:
                byte[] other = Pick(_seeds);
                int from = _random.Next(other.Length + 1);
                Overwrite(input, at, other[from..Math.Min(other.Length, from + _random.Next(64))]);
                break;
        }
    }

    private static void Overwrite(List<byte> input, int at, byte[] bytes)
    {
        input.RemoveRange(at, Math.Min(bytes.Length, input.Count - at));
        input.InsertRange(at, bytes);
    }

    private byte[] Pick(byte[][] from) => from[_random.Next(from.Length)];
}
