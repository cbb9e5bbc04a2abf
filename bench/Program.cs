using BenchmarkDotNet.Running;

namespace Ext4Safety.Benchmarks;

/// <summary>Micro-benchmarks of the core, in one process and without a kernel in between:
/// <c>dotnet run -c Release --project bench -- --job short --filter '*'</c>.</summary>
internal static class Program
{
    private static void Main(string[] arguments) =>
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(arguments);
}
