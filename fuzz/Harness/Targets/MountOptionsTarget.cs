using System.Text;
using Ext4Safety.Fuzz.Staging;
using Fuse4fs.Options;
using Fuse4fs.Protocol;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>What stands behind <c>-o</c>.</summary>
/// <remarks>Input: text, one list per line. A list in force twice means the same as once, and words survive being put into a
/// list and taken out.</remarks>
internal sealed class MountOptionsTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "mount-options";

    /// <inheritdoc/>
    public override string Description => "lists of mount options, and the plan that they make";

    /// <inheritdoc/>
    public override int MaximumLength => 512;

    /// <inheritdoc/>
    public override long AllocationBudget => 1 << 20;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of("ro,norecovery,errors=panic").Named("three-words");
            yield return Of("kernel\nnosuid,noexec").Named("two-lists");
            yield return Of(@"fsname=a\,b\\c,subtype=x").Named("escaped-comma");
            yield return Of("cache_size=64m,sb=32768,offset=1k,max_read=4096").Named("numbers");
            yield return Of("lockfile=/tmp/lock").Named("path");
            yield return Of(",,x-systemd.automount,user=alice,defaults").Named("words-of-others");
            yield return Of(@"x-a\,suid").Named("word-of-others-with-a-comma");
            yield return Of("""context="u:r:t:s0,c1",fsname="a""").Named("quotes");
            yield return Of("sb=0").Named("number-too-small");
            yield return Of("cache_size=9223372036854775807g").Named("number-too-large");
            yield return Of("lockfile=").Named("path-without-a-letter");
            yield return Of("nosuch").Named("word-that-nobody-knows");
            yield return Of("ro=1").Named("value-where-none-belongs");
            yield return Of("errors").Named("value-missing");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
        MountOptions.All.Select(option => new DictionaryWord($"option_{option.Name}", Encoding.ASCII.GetBytes(option.Form)));

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length > MaximumLength)
        {
            return Verdict.Unfit;
        }

        string[] lists = Encoding.UTF8.GetString(input).Split('\n');
        MountPlan start = new("image", "directory");
        try
        {
            MountPlan plan = lists.Aggregate(start, MountOptions.Apply);
            MountPlan again = lists.Aggregate(plan with { TableOptions = start.TableOptions }, MountOptions.Apply);
            Require(again == plan, "a list in force twice means another thing than once");
            Require(
                OptionList.Split(plan.TableOptions).SequenceEqual(lists.SelectMany(OptionList.Split).Where(MountOptions.IsForTheTable), StringComparer.Ordinal),
                "words for the mount table are other words there");
            Require(lists.All(AreWordsKept), "words that are put into a list do not come out of it");
            return Verdict.Accepted(Look(plan).Value);
        }
        catch (UsageException refusal)
        {
            return Verdict.Refused(new Digest().Add(Encoding.UTF8.GetBytes(refusal.Message)).Value);
        }
    }

    private static bool AreWordsKept(string list)
    {
        string[] words = [.. OptionList.Split(list)];
        return OptionList.Split(string.Join(',', words.Select(OptionList.Escape))).SequenceEqual(words, StringComparer.Ordinal);
    }

    private static Digest Look(MountPlan plan) => new Digest()
        .Add((ulong)plan.Flags).Add((ulong)plan.Errors).Add(plan.Offset).Add(plan.Superblock ?? -1).Add(plan.CacheBytes ?? -1)
        .Add(plan.MaxRead ?? 0ul).Add((long)(plan.Workers ?? 0)).Add((long)(plan.OomScoreAdjustment ?? 0))
        .Add(Encoding.UTF8.GetBytes(plan.Source ?? "")).Add(Encoding.UTF8.GetBytes(plan.Subtype ?? ""))
        .Add(plan.AllowOther ? 1ul : 0).Add(plan.SkipJournal ? 1ul : 0).Add(plan.AccessControlLists ? 1ul : 0);

    private static void Require(bool isFine, string objection)
    {
        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, objection);
        }
    }

    private static InputWriter Of(string text) => new InputWriter().Bytes(Encoding.UTF8.GetBytes(text));
}
