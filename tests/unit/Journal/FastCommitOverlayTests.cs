using System.Text;
using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Journal;

public sealed class FastCommitOverlayTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Changed_ranges_read_as_an_array_does_that_is_written_in_the_same_order(int seed)
    {
        const int Blocks = 60;
        Random random = new(seed);
        ulong?[] model = new ulong?[Blocks];
        bool[] isChanged = new bool[Blocks];
        RangeChanges changes = new();
        for (int step = 0; step < 300; step++)
        {
            ulong first = (ulong)random.Next(Blocks);
            ulong end = Math.Min(first + (ulong)random.Next(12), Blocks);
            bool isRemoval = random.Next(3) == 0;
            ulong start = (ulong)random.Next(1000, 2000);
            changes.Put(new(first, end, isRemoval ? RangeChangeKind.Removed : RangeChangeKind.Written, new(start)));
            for (ulong block = first; block < end; block++)
            {
                isChanged[block] = true;
                model[block] = isRemoval ? null : start + block - first;
            }

            for (uint block = 0; block < Blocks; block++)
            {
                bool isFound = changes.TryFind(new(block), out RangeChange change, out ulong next);
                Assert.Equal(isChanged[block], isFound);
                if (isFound)
                {
                    Assert.Equal(block, change.First);
                    Assert.Equal(model[block], change.Kind == RangeChangeKind.Removed ? null : change.Start.Value);
                }
                else
                {
                    int expected = Array.IndexOf(isChanged, value: true, (int)block);
                    Assert.Equal(expected < 0 ? 1ul << 32 : (ulong)expected, next);
                }
            }
        }
    }

    [Fact]
    public void A_name_that_was_added_removed_and_added_again_is_there_once()
    {
        NameChanges changes = new();
        changes.Add("name"u8, new(12), 0x81A4);
        changes.Remove("name"u8);
        Assert.True(changes.TryFind("name"u8, out AddedName? gone));
        Assert.Null(gone);
        changes.Add("name"u8, new(13), 0x81A4);

        Assert.True(changes.TryFind("name"u8, out AddedName? added));
        Assert.Equal(13u, added!.Inode.Value);
        Assert.Single(Enumerable.Range(0, changes.AddedCount), index => changes.Added(index) is not null);
        Assert.False(changes.TryFind("other"u8, out _));
    }

    [Fact]
    public void Fast_commits_take_no_more_memory_than_the_limit()
    {
        FastCommitOverlay overlay = new(maximumBytes: 200);
        overlay.AddName(new(2), Encoding.ASCII.GetBytes(new string('x', 36)), new(12), 0, default);
        overlay.Change(new(12), RangeChange.Everything, default);
        Assert.NotNull(overlay.NamesOf(new(2)));

        CorruptionException damage = Assert.Throws<CorruptionException>(() => overlay.RemoveName(new(2), "x"u8, default));
        Assert.Equal((CorruptionCode.FastCommitsTooLarge, 229ul, 200ul), (damage.Code, damage.Found, damage.Expected));
    }
}
