using System.Text;
using Fuse4fs.Wire;

namespace Fuse4fs.UnitTests.Wire;

public class RequestTests
{
    [Fact]
    public void A_header_that_is_cut_short_is_no_request() => Assert.False(Request.TryParse(new byte[Request.HeaderSize - 1], out _));

    [Fact]
    public void A_whole_header_is_a_request_with_an_empty_body()
    {
        Assert.True(Request.TryParse(RequestBytes.Of(Opcode.Destroy, 0), out Request request));
        Assert.Equal(Opcode.Destroy, request.Opcode);
        Assert.True(request.Body.IsEmpty);
    }

    [Fact]
    public void A_body_reaches_up_to_the_extensions()
    {
        byte[] bytes = RequestBytes.Of(Opcode.Lookup, 1, [.. "name\0"u8, .. new byte[8]]);
        RequestBytes.PutExtensions(bytes, count: 1);
        Assert.True(Request.TryParse(bytes, out Request request));
        Assert.Equal("name\0", Encoding.UTF8.GetString(request.Body));
    }

    [Fact]
    public void Extensions_longer_than_the_body_leave_none()
    {
        byte[] bytes = RequestBytes.Of(Opcode.Lookup, 1, "name\0"u8);
        RequestBytes.PutExtensions(bytes, count: 1);
        Assert.True(Request.TryParse(bytes, out Request request));
        Assert.True(request.Body.IsEmpty);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_length_that_contradicts_the_message_leaves_no_body(int difference)
    {
        byte[] bytes = RequestBytes.Of(Opcode.Lookup, 1, "name\0"u8);
        BitConverter.TryWriteBytes(bytes, bytes.Length + difference);
        Assert.True(Request.TryParse(bytes, out Request request));
        Assert.True(request.Body.IsEmpty);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("\0", false)]
    [InlineData("a", false)]
    [InlineData("a\0b\0", false)]
    [InlineData("a/b\0", false)]
    [InlineData("a\0", true)]
    public void A_name_is_one_word_that_ends(string body, bool isName) =>
        Assert.Equal(isName, Names.TryParse(Encoding.UTF8.GetBytes(body), out _));

    [Theory]
    [InlineData("", false)]
    [InlineData("user.a", false)]
    [InlineData("user.a\0", true)]
    [InlineData("user\0a\0", false)]
    public void An_attribute_is_asked_for_by_one_name(string name, bool isValid) =>
        Assert.Equal(isValid, XattrRequest.TryParseGet([.. new byte[XattrRequest.Size], .. Encoding.UTF8.GetBytes(name)], out _));

    [Theory]
    [InlineData(2u, false)]
    [InlineData(SeekRequest.Data, true)]
    [InlineData(SeekRequest.Hole, true)]
    [InlineData(5u, false)]
    public void Only_data_and_holes_are_looked_for(uint whence, bool isValid)
    {
        byte[] body = new byte[SeekRequest.Size];
        BitConverter.TryWriteBytes(body.AsSpan(16), whence);
        Assert.Equal(isValid, SeekRequest.TryParse(body, out _));
    }
}
