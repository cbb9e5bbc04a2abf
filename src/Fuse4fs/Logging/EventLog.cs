using System.Globalization;
using System.Text;

namespace Fuse4fs.Logging;

/// <summary>How much an event matters: syslog's numbers.</summary>
internal enum Severity
{
    Error = 3,
    Warning = 4,
    Notice = 5,
    Info = 6,
    Debug = 7,
}

/// <summary>One line per event, with named fields: <c>level=warning event=damage code=E402 ...</c>.</summary>
/// <remarks>Writing a line allocates: no request that succeeds writes one, unless debugging was asked for.</remarks>
internal sealed class EventLog(ILogDestination destination)
{
    private readonly Lock _turn = new();
    private ILogDestination _destination = destination;

    /// <summary>Writes one event.</summary>
    /// <param name="severity">How much it matters.</param>
    /// <param name="name">What happened, in one word.</param>
    /// <param name="fields">The details; values with spaces or quotes are quoted.</param>
    public void Write(Severity severity, string name, params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"level={LevelOf(severity)} event={name}");
        foreach ((string field, object? value) in fields)
        {
            line.Append(' ').Append(field).Append('=');
            AppendValue(line, Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
        }

        lock (_turn)
        {
            _destination.Write(severity, line.ToString());
        }
    }

    /// <summary>Sends all later events elsewhere.</summary>
    public void Redirect(ILogDestination destination)
    {
        lock (_turn)
        {
            _destination = destination;
        }
    }

    private static string LevelOf(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        Severity.Notice => "notice",
        Severity.Info => "info",
        _ => "debug",
    };

    private static void AppendValue(StringBuilder line, string value)
    {
        if (value.Length > 0 && !value.AsSpan().ContainsAny(" \"=\\") && !value.Any(char.IsControl))
        {
            line.Append(value);
            return;
        }

        line.Append('"');
        foreach (char character in value)
        {
            if (char.IsControl(character))
            {
                line.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}");
                continue;
            }

            if (character is '"' or '\\')
            {
                line.Append('\\');
            }

            line.Append(character);
        }

        line.Append('"');
    }
}
