using Fuse4fs.Wire;

namespace Fuse4fs.UnitTests.Wire;

public class InitializeTests
{
    /// <summary>What Linux 6.18 sends.</summary>
    private static readonly byte[] Captured =
    [
        .. Convert.FromHexString("070000002d00000000000200fbffff73fd050000"), .. new byte[44],
    ];

    [Fact]
    public void An_offer_of_linux_6_18_is_understood()
    {
        Assert.True(InitRequest.TryParse(Captured, out InitRequest offer));
        Assert.Equal((7u, 45u, 131072u), (offer.Major, offer.Minor, offer.MaxReadahead));
        Assert.Equal(0x5FD_73FF_FFFBul, (ulong)offer.Flags);
    }

    [Fact]
    public void An_old_short_offer_has_no_high_flags()
    {
        Assert.True(InitRequest.TryParse(Captured.AsSpan(0, InitRequest.OldSize), out InitRequest offer));
        Assert.Equal(0x73FF_FFFBul, (ulong)offer.Flags);
    }

    [Fact]
    public void An_offer_that_is_cut_short_is_refused() =>
        Assert.False(InitRequest.TryParse(Captured.AsSpan(0, InitRequest.OldSize - 1), out _));

    [Fact]
    public void The_reply_has_every_field_in_its_place()
    {
        InitReply settings = new()
        {
            MaxReadahead = 131072,
            Flags = InitFlags.AsyncRead | InitFlags.BigWrites | InitFlags.MaxPages | InitFlags.Extended,
            MaxBackground = 64,
            CongestionThreshold = 48,
            MaxWrite = 1 << 20,
            TimeGranularity = 1,
            MaxPages = 256,
        };
        byte[] reply = new byte[InitReply.Size];
        Assert.Equal(InitReply.Size, settings.Put(reply));
        Assert.Equal(
            "070000002D00000000000200210040404000300000001000010000000001" + new string('0', 68),
            Convert.ToHexString(reply));
    }
}
