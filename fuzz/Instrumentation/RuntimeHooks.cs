using Mono.Cecil;

namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>The runtime's methods that rewritten code calls.</summary>
internal sealed class RuntimeHooks
{
    private const string CoverageType = "Ext4Safety.Fuzz.Coverage";

    private RuntimeHooks(MethodReference register, MethodReference compare4, MethodReference compare8, MethodReference sequenceEqual)
    {
        Register = register;
        Compare4 = compare4;
        Compare8 = compare8;
        SequenceEqual = sequenceEqual;
    }

    /// <summary><c>void Register(byte*, int, int, RuntimeTypeHandle)</c>.</summary>
    public MethodReference Register { get; }

    /// <summary><c>void Compare4(uint, uint)</c>.</summary>
    public MethodReference Compare4 { get; }

    /// <summary><c>void Compare8(ulong, ulong)</c>.</summary>
    public MethodReference Compare8 { get; }

    /// <summary><c>bool SequenceEqual(ReadOnlySpan&lt;byte&gt;, ReadOnlySpan&lt;byte&gt;, int)</c>.</summary>
    public MethodReference SequenceEqual { get; }

    /// <summary>Finds them in the runtime's assembly and refers to them from this module.</summary>
    public static RuntimeHooks Import(ModuleDefinition module, string runtimePath)
    {
        using ModuleDefinition runtime = ModuleDefinition.ReadModule(runtimePath);
        TypeDefinition coverage = runtime.GetType(CoverageType)
            ?? throw new InvalidOperationException($"{runtimePath} holds no {CoverageType}");
        return new(Find("Register"), Find("Compare4"), Find("Compare8"), Find("SequenceEqual"));

        MethodReference Find(string name) => module.ImportReference(coverage.Methods.Single(method => string.Equals(method.Name, name, StringComparison.Ordinal)));
    }
}
