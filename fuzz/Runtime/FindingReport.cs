using System.Diagnostics;
using System.Text;

namespace Ext4Safety.Fuzz;

/// <summary>A finding as people and libFuzzer read it.</summary>
internal static class FindingReport
{
    private const int TokenFrames = 3;

    /// <summary>Writes it to standard error.</summary>
    public static void Write(Exception exception)
    {
        using Stream error = Console.OpenStandardError();
        error.Write(Encoding.UTF8.GetBytes(
            $"""

            =={Environment.ProcessId}== ERROR: libFuzzer: unhandled managed exception {exception.GetType()}: {exception.Message}
            {exception}
            DEDUP_TOKEN: {Token(exception)}

            """));
    }

    /// <summary>Where two findings have this in common, they are most likely one: libFuzzer's minimization keeps to it.</summary>
    private static string Token(Exception exception)
    {
        string kind = exception is FindingException finding ? $"{exception.GetType()}.{finding.Kind}" : $"{exception.GetType()}";
        return string.Join("--", Frames(exception).Take(TokenFrames).Prepend(kind));
    }

    private static IEnumerable<string> Frames(Exception exception) => new StackTrace(exception).GetFrames()
        .Select(DiagnosticMethodInfo.Create)
        .TakeWhile(method => !string.Equals(method?.DeclaringTypeName, typeof(FuzzHost).FullName, StringComparison.Ordinal))
        .Select(method => method is null ? "?" : $"{method.DeclaringTypeName}.{method.Name}")
        .SkipWhile(IsFramework);

    /// <summary>A finding is told by who called the framework, not by the framework's way to throw.</summary>
    private static bool IsFramework(string method) =>
        method.StartsWith("System.", StringComparison.Ordinal) || method.StartsWith("Internal.", StringComparison.Ordinal);
}
