using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ext4Safety.Fuzz.Failing;

/// <summary>One target for each way to fail, and some that only fail once the engine has worked something out.</summary>
public static class FailingTargets
{
    private const int Deep = 1 << 30, Mebibyte = 1 << 20;

    private static readonly List<byte[]> Kept = [];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All =>
    [
        new FailingTarget("nothing", static _ => { }),
        new FailingTarget("index", static input => _ = input[input.Length]),
        new FailingTarget("nothing-there", static input => _ = Nothing()!.Length),
        new FailingTarget("division", static input => _ = 1 / (input.Length - input.Length)),
        new FailingTarget("objection", static _ => throw new FindingException(FindingKind.Contradiction, "this is not that")),
        new FailingTarget("recursion", static _ => Recurse(Deep)),
        new FailingTarget("endless", static _ => LoopAndCatch()),
        new FailingTarget("huge-array", static _ => Kept.Add(new byte[int.MaxValue / 2])),
        new FailingTarget("runaway", static _ => KeepAllocating()),
        new FailingTarget("native-memory", static _ => KeepAllocatingOutsideOfTheHeap()),
        new FailingTarget("wild-pointer", static _ => FollowWildPointer()),
        new FailingTarget("native-fault", static input => _ = NativeCode.Length(8)),
        new FailingTarget("fail-fast", static _ => Environment.FailFast("no way on")),
        new FailingTarget("other-thread", static _ => FailElsewhere()),
        new FailingTarget("exit", static _ => Environment.Exit(0)),
        new FailingTarget("over-budget", static _ => Kept.Add(new byte[Mebibyte / 4])),
        new FailingTarget("mutator-failure", static _ => { }, new FailingMutator()),
        new NestedMagicTarget(),
        new SealedTarget(),
    ];

    private static string? Nothing() => null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Recurse(int depth) => depth == 0 ? 0 : 1 + Recurse(depth - 1);

    private static void LoopAndCatch()
    {
        for (ulong round = 1; round != 0; round++)
        {
            try
            {
                Kept.Capacity = Kept.Count + ((int)round & 1);
            }
            catch (Exception)
            {
                Kept.Clear();
            }
        }
    }

    private static void KeepAllocating()
    {
        while (true)
        {
            Kept.Add(GC.AllocateUninitializedArray<byte>(Mebibyte));
        }
    }

    private static unsafe void KeepAllocatingOutsideOfTheHeap()
    {
        while (true)
        {
            NativeMemory.Fill(NativeMemory.Alloc(Mebibyte), Mebibyte, 1);
        }
    }

    private static unsafe void FollowWildPointer() => *(int*)0x7F00_0000_0010 = 1;

    private static void FailElsewhere()
    {
        Thread thread = new(static () => throw new InvalidOperationException("elsewhere"));
        thread.Start();
        thread.Join();
    }
}

/// <summary>A target that does one thing with every input that has a byte.</summary>
internal sealed class FailingTarget(string name, FailingTarget.Deed deed, IInputMutator? mutator = null) : FuzzTarget
{
    public delegate void Deed(ReadOnlySpan<byte> input);

    public override string Name => name;

    public override string Description => "fails on purpose";

    public override IInputMutator? Mutator => mutator;

    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length > 0)
        {
            deed(input);
        }

        return Verdict.Accepted(0);
    }
}

/// <summary>The machine's own C library.</summary>
internal static partial class NativeCode
{
    [LibraryImport("libc", EntryPoint = "strlen")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint Length(nint text);
}
