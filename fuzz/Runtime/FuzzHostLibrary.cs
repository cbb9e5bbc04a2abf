using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Ext4Safety.Fuzz;

/// <summary>The native half: <c>fuzzhost.c</c> and libFuzzer itself, both in the executable of this process.</summary>
internal static unsafe partial class FuzzHostLibrary
{
    private const string Name = "fuzzhost";

    /// <summary>Makes an assembly's counters known.</summary>
    /// <returns>The number of its first site in this process.</returns>
    [LibraryImport(Name, EntryPoint = "fuzzhost_register")]
    internal static partial nuint Register(byte* address, byte* flags, nuint count);

    [LibraryImport(Name, EntryPoint = "fuzzhost_set_symbolizer")]
    internal static partial void SetSymbolizer(delegate* unmanaged<nuint, byte*, byte*, nuint, void> callback);

    [LibraryImport(Name, EntryPoint = "fuzzhost_set_mutator")]
    internal static partial void SetMutator(
        delegate* unmanaged<byte*, nuint, nuint, uint, nuint> change,
        delegate* unmanaged<byte*, nuint, byte*, nuint, byte*, nuint, uint, nuint> mix);

    /// <summary>Runs libFuzzer, which may end the process.</summary>
    [LibraryImport(Name, EntryPoint = "fuzzhost_run")]
    internal static partial int Run(int argumentCount, byte** arguments, delegate* unmanaged<byte*, nuint, int> callback, double hangAfter);

    /// <summary>Saves the input that is running and ends the process.</summary>
    [LibraryImport(Name, EntryPoint = "fuzzhost_die")]
    internal static partial void Die(int exitCode);

    [LibraryImport(Name, EntryPoint = "LLVMFuzzerMutate")]
    internal static partial nuint Mutate(byte* data, nuint size, nuint capacity);

    [LibraryImport(Name, EntryPoint = "__sanitizer_cov_trace_cmp4")]
    [SuppressGCTransition]
    internal static partial void TraceCompare4(uint left, uint right);

    [LibraryImport(Name, EntryPoint = "__sanitizer_cov_trace_cmp8")]
    [SuppressGCTransition]
    internal static partial void TraceCompare8(ulong left, ulong right);

    [LibraryImport(Name, EntryPoint = "__sanitizer_weak_hook_memcmp")]
    [SuppressGCTransition]
    internal static partial void TraceMemoryCompare(nint site, byte* left, byte* right, nuint count, int result);

    /// <summary>Before any module registers: the functions are the executable's own, not a library's.</summary>
    [ModuleInitializer]
    internal static void ResolveInExecutable()
    {
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            NativeLibrary.SetDllImportResolver(typeof(FuzzHostLibrary).Assembly, Find);
        }

        static nint Find(string name, Assembly assembly, DllImportSearchPath? path)
        {
            if (!string.Equals(name, Name, StringComparison.Ordinal))
            {
                return 0;
            }

            nint program = NativeLibrary.GetMainProgramHandle();
            return NativeLibrary.TryGetExport(program, "fuzzhost_run", out _) ? program : throw new DllNotFoundException(
                "instrumented code and the fuzzing driver run inside of the launcher only: start that instead of dotnet");
        }
    }
}
