namespace Fuse4fs.Native;

/// <summary>How far ahead the kernel reads: its default is an eighth of the largest request, and the protocol can only lower it.</summary>
internal static class ReadAhead
{
    private const string Kibibytes = "1024";

    /// <summary>Lets the kernel read ahead as much as fits into the largest requests, where we have the right to say so.</summary>
    /// <param name="device">The mount's device number; null leaves everything as it is.</param>
    public static void Raise(string? device)
    {
        try
        {
            File.WriteAllText($"/sys/class/bdi/{device}/read_ahead_kb", Kibibytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It was an offer: reading works the same without.
        }
    }
}
