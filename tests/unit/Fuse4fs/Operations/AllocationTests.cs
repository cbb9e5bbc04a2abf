using Fuse4fs.Wire;
using TestSupport;

namespace Fuse4fs.UnitTests.Operations;

public sealed class AllocationTests : IDisposable
{
    private readonly SampleVolume _sample = new();

    public void Dispose() => _sample.Dispose();

    [Theory]
    [InlineData(nameof(Opcode.Lookup), "file\0")]
    [InlineData(nameof(Opcode.Lookup), "nothing\0")]
    public void Looking_up_allocates_nothing(string opcode, string name) =>
        Gate(RequestBytes.Of(Enum.Parse<Opcode>(opcode), NodeId.Root, System.Text.Encoding.UTF8.GetBytes(name)));

    [Theory]
    [InlineData(nameof(Opcode.GetAttributes), 16)]
    [InlineData(nameof(Opcode.ExtendedAttributes), 24)]
    [InlineData(nameof(Opcode.Statistics), 0)]
    public void Inspecting_allocates_nothing(string opcode, int bodyLength) =>
        Gate(RequestBytes.Of(Enum.Parse<Opcode>(opcode), _sample.File, new byte[bodyLength]));

    [Fact]
    public void Reading_allocates_nothing() => Gate(RequestBytes.Of(Opcode.Read, _sample.File, RequestBytes.ReadBody(0, 1 << 16)));

    [Fact]
    public void Listing_allocates_nothing() =>
        Gate(RequestBytes.Of(Opcode.ReadDirectory, NodeId.Root, RequestBytes.ReadBody(0, 1 << 12)));

    [Fact]
    public void Asking_for_flags_allocates_nothing() =>
        Gate(RequestBytes.Of(Opcode.Control, _sample.File, RequestBytes.ControlBody(0x8008_6601, 8)));

    private void Gate(byte[] message) => AllocationGate.Zero(() => _sample.Run(message));
}
