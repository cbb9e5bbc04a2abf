using Fuse4fs.Native;

namespace Fuse4fs.UnitTests.Confinement;

/// <summary>One system call as a filter sees it.</summary>
internal sealed record SystemCall(uint Number, uint Architecture, params ulong[] Arguments);

/// <summary>Runs a filter as the kernel does: the few instructions that ours have, and nothing else.</summary>
internal static class FilterInterpreter
{
    public static uint Run(IReadOnlyList<FilterInstruction> program, SystemCall call)
    {
        uint accumulator = 0;
        for (int index = 0; ; index++)
        {
            FilterInstruction instruction = program[index];
            switch (instruction.Code)
            {
                case 0x20:
                    accumulator = Load(call, instruction.Value);
                    break;
                case 0x15:
                    index += accumulator == instruction.Value ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x35:
                    index += accumulator >= instruction.Value ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x45:
                    index += (accumulator & instruction.Value) != 0 ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x06:
                    return instruction.Value;
                default:
                    throw new InvalidOperationException($"instruction {instruction} at {index}");
            }
        }
    }

    private static uint Load(SystemCall call, uint offset)
    {
        switch (offset)
        {
            case 0:
                return call.Number;
            case 4:
                return call.Architecture;
            default:
                int argument = ((int)offset - 16) / 8;
                ulong value = argument < call.Arguments.Length ? call.Arguments[argument] : 0;
                return offset % 8 == 0 ? (uint)value : (uint)(value >> 32);
        }
    }
}
