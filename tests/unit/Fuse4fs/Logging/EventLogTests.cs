using Fuse4fs.Logging;

namespace Fuse4fs.UnitTests.Logging;

public class EventLogTests
{
    [Fact]
    public void An_event_is_one_line_of_named_fields()
    {
        RecordingLog destination = new();
        new EventLog(destination).Write(Severity.Warning, "damage", ("code", "E402"), ("inode", 12));
        Assert.Equal(["level=warning event=damage code=E402 inode=12"], destination.Lines);
    }

    [Theory]
    [InlineData("", "\"\"")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("a\"b", "\"a\\\"b\"")]
    [InlineData(@"a\b", "\"a\\\\b\"")]
    [InlineData("line\nbreak", "\"line\\x0abreak\"")]
    [InlineData("\x1b[31m", "\"\\x1b[31m\"")]
    public void A_value_cannot_leave_its_field(string value, string expected)
    {
        RecordingLog destination = new();
        new EventLog(destination).Write(Severity.Info, "e", ("v", value));
        Assert.Equal([$"level=info event=e v={expected}"], destination.Lines);
    }

    [Fact]
    public void Lines_go_where_they_are_sent_last()
    {
        RecordingLog first = new(), second = new();
        EventLog log = new(first);
        log.Redirect(second);
        log.Write(Severity.Notice, "e");
        Assert.Empty(first.Lines);
        Assert.Equal(["level=notice event=e"], second.Lines);
    }
}

internal sealed class RecordingLog : ILogDestination
{
    public List<string> Lines { get; } = [];

    public void Write(Severity severity, string line) => Lines.Add(line);
}
