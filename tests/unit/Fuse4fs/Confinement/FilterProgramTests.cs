using System.Runtime.InteropServices;
using Fuse4fs.Confinement;
using Fuse4fs.Native;

namespace Fuse4fs.UnitTests.Confinement;

/// <summary>The filter says what the table says, for every number on each architecture.</summary>
public class FilterProgramTests
{
    private const uint Allow = 0x7FFF_0000, NotPermitted = 0x0005_0001, NotImplemented = 0x0005_0026, Kill = 0x8000_0000;
    private const uint X64 = 0xC000_003E, Arm64 = 0xC000_00B7, I386 = 0x4000_0003;
    private const int Process = 4711, Connection = 3, Volume = 7, Journal = 8;
    private const ulong UpperGarbage = 0xFFFF_FFFF_0000_0000;

    private static readonly IReadOnlyList<SystemCallRule> Table = SystemCallTable.For(new(Process, Connection, [Volume, Journal]));

    public static TheoryData<Architecture, uint> Architectures => new() { { Architecture.X64, X64 }, { Architecture.Arm64, Arm64 } };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Every_number_has_the_tables_verdict(Architecture architecture, uint audit)
    {
        FilterInstruction[] program = FilterProgram.Assemble(Table, architecture);
        Dictionary<int, SystemCallRule> byNumber = Table.Where(rule => NumberOf(rule, architecture) >= 0).ToDictionary(rule => NumberOf(rule, architecture));
        for (int number = 0; number < 1000; number++)
        {
            uint verdict = FilterInterpreter.Run(program, new((uint)number, audit, FittingArguments(byNumber.GetValueOrDefault(number))));
            uint expected = byNumber.TryGetValue(number, out SystemCallRule? rule) ? Code(rule.Verdict) : NotPermitted;
            Assert.True(expected == verdict, $"{number} ({rule?.Name}): 0x{verdict:x}");
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Calls_of_another_architecture_end_the_process(Architecture architecture, uint audit)
    {
        FilterInstruction[] program = FilterProgram.Assemble(Table, architecture);
        foreach (uint other in (uint[])[X64 ^ Arm64 ^ audit, I386, 0])
        {
            Assert.Equal(Kill, FilterInterpreter.Run(program, new(0, other)));
        }

        foreach (uint number in (uint[])[0x4000_0000, 0x4000_0001, uint.MaxValue])
        {
            Assert.Equal(Kill, FilterInterpreter.Run(program, new(number, audit)));
        }
    }

    [Theory]
    [InlineData("mmap", Allow, 0ul, 4096ul, 3ul, 0x22ul, ulong.MaxValue)]
    [InlineData("mmap", Allow, 0ul, 4096ul, 3ul, 0x22ul, 0xFFFF_FFFFul)]
    [InlineData("mmap", Kill, 0ul, 4096ul, 7ul, 0x22ul, ulong.MaxValue)]
    [InlineData("mmap", Kill, 0ul, 4096ul, 4ul | UpperGarbage, 0x22ul, ulong.MaxValue)]
    [InlineData("mmap", Kill, 0ul, 4096ul, 3ul, 1ul, 5ul)]
    [InlineData("mmap", Kill, 0ul, 4096ul, 3ul, 2ul, 5ul | UpperGarbage)]
    [InlineData("mprotect", Allow, 0ul, 4096ul, 1ul)]
    [InlineData("mprotect", Kill, 0ul, 4096ul, 5ul)]
    [InlineData("clone", Allow, 0x3D0F00ul)]
    [InlineData("clone", Kill, 17ul)]
    [InlineData("clone", Kill, 0x3D0F00ul | 0x1000_0000ul)]
    [InlineData("clone3", NotImplemented)]
    [InlineData("tgkill", Allow, (ulong)Process)]
    [InlineData("tgkill", Kill, 1ul)]
    [InlineData("write", Allow, 2ul)]
    [InlineData("write", Kill, (ulong)Volume)]
    [InlineData("write", Kill, Journal | UpperGarbage)]
    [InlineData("splice", Allow, (ulong)Volume, 0ul, 9ul)]
    [InlineData("splice", Kill, 9ul, 0ul, (ulong)Volume)]
    [InlineData("ioctl", Allow, 5ul, (ulong)FuseChannel.CloneRequest)]
    [InlineData("ioctl", NotPermitted, 5ul, 0xE503ul)]
    [InlineData("ioctl", NotPermitted, 5ul, 0x5401ul)]
    [InlineData("sendmsg", Allow, (ulong)Connection)]
    [InlineData("sendmsg", Kill, 4ul)]
    [InlineData("recvmsg", Allow, (ulong)Connection)]
    [InlineData("recvmsg", Kill, 4ul)]
    [InlineData("prlimit64", Allow, 0ul, 3ul, 0ul)]
    [InlineData("prlimit64", NotPermitted, 1ul, 3ul, 0ul)]
    [InlineData("prlimit64", NotPermitted, 0ul, 3ul, 0x7FFFul)]
    [InlineData("prlimit64", NotPermitted, 0ul, 3ul, 0x7FFF_0000_0000ul)]
    [InlineData("fcntl", Allow, 5ul, 3ul)]
    [InlineData("fcntl", NotPermitted, 5ul, 0ul)]
    public void An_argument_that_does_not_fit_changes_the_verdict(string name, uint expected, params ulong[] arguments)
    {
        foreach (object[] row in Architectures)
        {
            SystemCallRule rule = Table.Single(rule => rule.Name.Equals(name, StringComparison.Ordinal));
            FilterInstruction[] program = FilterProgram.Assemble(Table, (Architecture)row[0]);
            uint verdict = FilterInterpreter.Run(program, new((uint)NumberOf(rule, (Architecture)row[0]), (uint)row[1], arguments));
            Assert.True(expected == verdict, $"{row[0]}: 0x{verdict:x}");
        }
    }

    [Fact]
    public void No_call_stands_twice_and_each_says_why()
    {
        Assert.Equal(Table.Count, Table.Select(rule => rule.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(Table, rule => Assert.NotEmpty(rule.Reason));
        Assert.All(Table, rule => Assert.True(rule.Verdict != CallVerdict.Refuse, $"{rule.Name}: refusing is what happens anyway"));
    }

    [Fact]
    public void An_architecture_without_a_table_is_refused() =>
        Assert.Throws<LockdownException>(() => FilterProgram.Assemble(Table, Architecture.X86));

    [Fact]
    public void A_build_that_compiles_while_it_runs_cannot_be_locked_down() =>
        Assert.Contains("published", Assert.Throws<LockdownException>(() => Lockdown.Apply(new(1, 3, []))).Message, StringComparison.Ordinal);

    private static int NumberOf(SystemCallRule rule, Architecture architecture) => architecture == Architecture.X64 ? rule.X64 : rule.Arm64;

    private static uint Code(CallVerdict verdict) => verdict switch
    {
        CallVerdict.Allow => Allow,
        CallVerdict.Refuse => NotPermitted,
        CallVerdict.Unknown => NotImplemented,
        _ => Kill,
    };

    private static ulong[] FittingArguments(SystemCallRule? rule)
    {
        ulong[] arguments = new ulong[6];
        foreach (Condition condition in rule?.Conditions ?? [])
        {
            if (condition.Kind == ConditionKind.OneOf)
            {
                arguments[condition.Argument] = condition.Values[0];
            }
        }

        return arguments;
    }
}
