using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Logs to start from.</summary>
internal static class JournalSeeds
{
    /// <summary>Words that journals are made of.</summary>
    public static DictionaryWord[] Words =>
    [
        new("magic", Magic),
        new("descriptor", [.. Magic, 0, 0, 0, 1, 0, 0, 0, 100]),
        new("commit", [.. Magic, 0, 0, 0, 2, 0, 0, 0, 100]),
        new("revoke", [.. Magic, 0, 0, 0, 5, 0, 0, 0, 100]),
        new("next_commit", [.. Magic, 0, 0, 0, 2, 0, 0, 0, 101]),
        new("only_tag", [0, 0, 0, 200, 0, 0, 0, 8]),
        new("only_tag_of_same_uuid", [0, 0, 0, 200, 0, 0, 0, 10]),
        new("escaped_tag", [0, 0, 0, 200, 0, 0, 0, 11]),
        new("one_revoke", [0, 0, 0, 20, 0, 0, 0, 200]),
        new("one_wide_revoke", [0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 200]),
    ];

    private static byte[] Magic => [0xC0, 0x3B, 0x39, 0x98];

    /// <summary>Logs of all forms, and some that end too early or lead too far.</summary>
    public static IEnumerable<Seed> Logs()
    {
        for (int version = 0; version <= 3; version++)
        {
            foreach (bool isWide in new[] { false, true })
            {
                string form = $"-version-{version}{(isWide ? "-wide" : "")}";
                yield return Log(JournalOptions.Of(version, isWide)).Named("two-transactions" + form);
            }
        }

        yield return Log(JournalOptions.Of(3, isAsync: true)).Named("asynchronous-commits");
        yield return Log(JournalOptions.Of(3, sealsChecksums: false)).Named("checksums-missing");
        yield return Log(JournalOptions.Of(0), home: 255).Named("last-home");
        yield return Log(JournalOptions.Of(0), home: 256).Named("home-behind-the-volume");
        yield return Log(JournalOptions.Of(0), revokeBytes: JournalStage.BlockSize).Named("revokes-fill-their-block");
        yield return Log(JournalOptions.Of(0), revokeBytes: JournalStage.BlockSize + 1).Named("revokes-behind-their-block");
        yield return Replacing(JournalTarget.MostBlocks).Named("as-many-blocks-as-may-be");
        yield return Replacing(JournalTarget.MostBlocks + 1).Named("one-block-too-many");
        yield return new InputWriter().U8(0).U8(1).Named("empty-log");
        yield return new InputWriter().U8(0).U8(0).Named("clean-journal");
    }

    /// <summary>One transaction that logs two blocks, one of them escaped, and one that revokes block 200 and logs another.</summary>
    private static InputWriter Log(JournalOptions options, ulong home = 200, uint? revokeBytes = null)
    {
        JournalFormat format = new(JournalStage.BlockSize, options.Compatible, options.Incompatible);
        InputWriter writer = new InputWriter().U8(options.Value).U8(1);
        byte[] block = new byte[JournalStage.BlockSize];
        JournalBlockWriter.Header(block, JournalBlockType.Descriptor, JournalStage.Sequence);
        int at = JournalBlockWriter.Tag(block, JournalHeaderView.Size, home, default, 0, format);
        JournalBlockWriter.Tag(block, at, 7, JournalTagFlags.SameUuid | JournalTagFlags.Last | JournalTagFlags.Escaped, 0, format);
        writer.Part(1, block).Part(2, "contents of the first"u8).Part(3, "\0\0\0\0contents"u8);
        writer.Part(4, Commit(JournalStage.Sequence));

        block.AsSpan().Clear();
        JournalBlockWriter.Header(block, JournalBlockType.Revoke, JournalStage.Sequence + 1);
        JournalBlockWriter.Revoked(block, [200], format);
        if (revokeBytes is { } bytes)
        {
            Be.PutU32(block, JournalRevokeView.RCount, bytes);
        }

        writer.Part(5, block);
        block.AsSpan().Clear();
        JournalBlockWriter.Header(block, JournalBlockType.Descriptor, JournalStage.Sequence + 1);
        JournalBlockWriter.Tag(block, JournalHeaderView.Size, 9, JournalTagFlags.Last, 0, format);
        return writer.Part(6, block).Part(7, "contents of another"u8).Part(8, Commit(JournalStage.Sequence + 1));
    }

    /// <summary>One transaction that logs so many blocks, all of zeros.</summary>
    private static InputWriter Replacing(int count)
    {
        JournalOptions options = JournalOptions.Of(0);
        JournalFormat format = new(JournalStage.BlockSize, options.Compatible, options.Incompatible);
        byte[] block = new byte[JournalStage.BlockSize];
        JournalBlockWriter.Header(block, JournalBlockType.Descriptor, JournalStage.Sequence);
        int at = JournalHeaderView.Size;
        for (int index = 0; index < count; index++)
        {
            JournalTagFlags flags = index == 0 ? default : JournalTagFlags.SameUuid;
            flags |= index == count - 1 ? JournalTagFlags.Last : default;
            at = JournalBlockWriter.Tag(block, at, 10 + (ulong)index, flags, 0, format);
        }

        return new InputWriter().U8(options.Value).U8(1).Part(1, block).Part(2 + count, Commit(JournalStage.Sequence));
    }

    private static byte[] Commit(uint sequence)
    {
        byte[] block = new byte[JournalStage.BlockSize];
        JournalBlockWriter.Header(block, JournalBlockType.Commit, sequence);
        Be.PutU64(block, JournalCommitView.HCommitSec, 1_700_000_000 + sequence);
        return block;
    }
}
