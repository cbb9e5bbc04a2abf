using System.Runtime.InteropServices;
using Fuse4fs.Native;

namespace Fuse4fs.Confinement;

/// <summary>Makes a table into what the kernel runs at each system call: seccomp(2).</summary>
internal static class FilterProgram
{
    // Offsets into struct seccomp_data, little-endian.
    private const uint NumberAt = 0, ArchitectureAt = 4, ArgumentsAt = 16, ArgumentSize = 8, UpperHalf = 4;

    private const ushort LoadWord = 0x20, JumpIfEqual = 0x15, JumpIfNotBelow = 0x35, JumpIfAnySet = 0x45, Return = 0x06;
    private const uint ReturnAllow = 0x7FFF_0000, ReturnError = 0x0005_0000, ReturnKill = 0x8000_0000;

    /// <summary>The calls of x32 are numbered from here on: they are none of ours.</summary>
    private const uint FirstX32 = 0x4000_0000;

    private const uint AuditX64 = 0xC000_003E, AuditArm64 = 0xC000_00B7;

    /// <summary>Assembles a table for one architecture; calls of any other one end the process.</summary>
    /// <exception cref="LockdownException">No table exists for it.</exception>
    public static FilterInstruction[] Assemble(IReadOnlyList<SystemCallRule> table, Architecture architecture)
    {
        (uint audit, Func<SystemCallRule, int> numberOf) = architecture switch
        {
            Architecture.X64 => (AuditX64, (Func<SystemCallRule, int>)(rule => rule.X64)),
            Architecture.Arm64 => (AuditArm64, rule => rule.Arm64),
            _ => throw new LockdownException($"no table of system calls exists for {architecture}"),
        };
        List<FilterInstruction> program =
        [
            new(LoadWord, 0, 0, ArchitectureAt),
            new(JumpIfEqual, 1, 0, audit),
            End(CallVerdict.Kill),
            new(LoadWord, 0, 0, NumberAt),
            new(JumpIfNotBelow, 0, 1, FirstX32),
            End(CallVerdict.Kill),
        ];
        foreach (SystemCallRule rule in table)
        {
            if (numberOf(rule) != SystemCallRule.Absent)
            {
                List<FilterInstruction> body = BodyOf(rule);
                program.Add(new(JumpIfEqual, 0, checked((byte)body.Count), (uint)numberOf(rule)));
                program.AddRange(body);
            }
        }

        program.Add(End(CallVerdict.Refuse));
        return [.. program];
    }

    /// <summary>What follows once the number fits. It always returns: the number is no longer at hand afterwards.</summary>
    private static List<FilterInstruction> BodyOf(SystemCallRule rule)
    {
        List<FilterInstruction> body = [.. rule.Conditions.SelectMany(Check), End(rule.Verdict)];
        if (rule.Conditions.Count > 0)
        {
            body.Add(End(rule.Otherwise));
        }

        // A check that fails jumps to the last instruction, wherever that has come to lie.
        int last = body.Count - 1;
        for (int index = 0; index < body.Count; index++)
        {
            FilterInstruction instruction = body[index];
            body[index] = instruction with
            {
                JumpTrue = instruction.JumpTrue == ToOtherwise ? checked((byte)(last - index - 1)) : instruction.JumpTrue,
                JumpFalse = instruction.JumpFalse == ToOtherwise ? checked((byte)(last - index - 1)) : instruction.JumpFalse,
            };
        }

        return body;
    }

    /// <summary>Stands for the distance to the end of a body until that is known.</summary>
    private const byte ToOtherwise = byte.MaxValue;

    private static IEnumerable<FilterInstruction> Check(Condition condition)
    {
        uint lower = ArgumentsAt + ((uint)condition.Argument * ArgumentSize);
        yield return new(LoadWord, 0, 0, lower);
        switch (condition.Kind)
        {
            case ConditionKind.OneOf:
                for (int index = 0; index < condition.Values.Count; index++)
                {
                    int after = condition.Values.Count - index - 1;
                    yield return new(JumpIfEqual, checked((byte)after), after == 0 ? ToOtherwise : (byte)0, condition.Values[index]);
                }

                break;
            case ConditionKind.NoneOf:
                foreach (uint value in condition.Values)
                {
                    yield return new(JumpIfEqual, ToOtherwise, 0, value);
                }

                break;
            case ConditionKind.Without:
                yield return new(JumpIfAnySet, ToOtherwise, 0, condition.Values[0]);
                break;
            default:
                yield return new(JumpIfEqual, 0, ToOtherwise, 0);
                yield return new(LoadWord, 0, 0, lower + UpperHalf);
                yield return new(JumpIfEqual, 0, ToOtherwise, 0);
                break;
        }
    }

    private static FilterInstruction End(CallVerdict verdict) => new(Return, 0, 0, verdict switch
    {
        CallVerdict.Allow => ReturnAllow,
        CallVerdict.Refuse => ReturnError | (uint)Errno.NotPermitted,
        CallVerdict.Unknown => ReturnError | (uint)Errno.NotImplemented,
        _ => ReturnKill,
    });
}
