using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Ext4Safety.Fuzz;

/// <summary>Whether the rewritten assemblies are what they should be.</summary>
internal static class SelfCheck
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private const string Untrimmed = "Only where a JIT compiles is there code to check, and there nothing is trimmed.";

    /// <summary>Compiles every method of every instrumented assembly, and holds its counters against the map of them.</summary>
    /// <returns>The exit code.</returns>
    public static int Run()
    {
        int wrong = 0;
        foreach (InstrumentedAssembly assembly in Coverage.Assemblies)
        {
            int methods = 0;
            foreach (MethodBase method in MethodsOf(assembly.Assembly))
            {
                methods++;
                if (WhyInvalid(method) is string reason)
                {
                    wrong++;
                    Console.Error.WriteLine($"self-check: {method.DeclaringType}.{method.Name}: {reason}");
                }
            }

            if (assembly.Sites.Count != assembly.Count)
            {
                wrong++;
                Console.Error.WriteLine($"self-check: {assembly.Assembly.GetName().Name}: {assembly.Count} counters, {assembly.Sites.Count} sites in the map");
            }

            Console.Out.WriteLine($"self-check: {assembly.Assembly.GetName().Name}: {methods} methods, {assembly.Count} sites");
        }

        Console.Out.WriteLine($"self-check: {wrong} wrong");
        return wrong == 0 ? 0 : 1;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = Untrimmed)]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = Untrimmed)]
    private static IEnumerable<MethodBase> MethodsOf(Assembly assembly) => assembly.GetTypes()
        .Where(type => !type.ContainsGenericParameters)
        .SelectMany(type => type.GetMethods(Everything).Concat<MethodBase>(type.GetConstructors(Everything)))
        .Where(method => !method.ContainsGenericParameters && method.GetMethodBody() is not null);

    private static string? WhyInvalid(MethodBase method)
    {
        try
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
            return null;
        }
        catch (InvalidProgramException exception)
        {
            return exception.Message;
        }
    }
}
