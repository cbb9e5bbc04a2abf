namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Makes an input smaller for as long as it still shows what it shows.</summary>
/// <param name="shows">Whether an input still shows it.</param>
/// <param name="mostRuns">How often that may be asked.</param>
internal sealed class Reduction(Func<byte[], bool> shows, int mostRuns)
{
    private int _runs;

    /// <summary>Takes parts of the input away in the target's own terms, then bytes, then turns bytes to zero, until nothing helps.</summary>
    /// <param name="input">An input that shows it.</param>
    /// <param name="simpler">Simpler forms of an input, the boldest first; none where its shape is not known.</param>
    /// <returns>The smallest that was found; the input itself if none was.</returns>
    public byte[] Reduce(byte[] input, Func<byte[], IEnumerable<byte[]>> simpler)
    {
        byte[] current = input;
        byte[] before;
        do
        {
            before = current;
            current = Clear(Cut(Simplify(current, simpler)));
        }
        while (!ReferenceEquals(before, current) && _runs < mostRuns);

        return current;
    }

    private bool Shows(byte[] candidate) => _runs++ < mostRuns && shows(candidate);

    /// <summary>Takes parts of the input away in the target's own terms alone.</summary>
    /// <returns>The simplest that was found; the input itself if none was.</returns>
    public byte[] Simplify(byte[] input, Func<byte[], IEnumerable<byte[]>> simpler)
    {
        byte[] current = input;
        for (byte[]? next = current; next is not null && _runs < mostRuns;)
        {
            next = simpler(current).FirstOrDefault(Shows);
            current = next ?? current;
        }

        return current;
    }

    /// <summary>Takes runs of bytes away: half of the input first, at last single bytes.</summary>
    private byte[] Cut(byte[] input)
    {
        byte[] current = input;
        for (int length = Math.Max(1, current.Length / 2); length > 0; length /= 2)
        {
            for (int start = Math.Max(0, current.Length - length); start >= 0 && current.Length >= length;)
            {
                byte[] candidate = [.. current[..start], .. current[Math.Min(start + length, current.Length)..]];
                if (candidate.Length < current.Length && Shows(candidate))
                {
                    current = candidate;
                }

                if (start == 0)
                {
                    break;
                }

                start = Math.Max(0, start - length);
            }
        }

        return current;
    }

    private byte[] Clear(byte[] input)
    {
        byte[] current = input;
        for (int index = 0; index < current.Length; index++)
        {
            if (current[index] != 0)
            {
                byte[] candidate = [.. current];
                candidate[index] = 0;
                current = Shows(candidate) ? candidate : current;
            }
        }

        return current;
    }
}
