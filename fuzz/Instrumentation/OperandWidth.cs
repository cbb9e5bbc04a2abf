using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>How wide the integer is that an instruction leaves on the stack, as far as the instruction alone shows it.</summary>
internal static class OperandWidth
{
    /// <summary>4 or 8 bytes; 0 where it is something else, or unknown.</summary>
    public static int Left(IReadOnlyList<Instruction> code, int index, MethodDefinition method)
    {
        if (index < 0)
        {
            return 0;
        }

        Instruction instruction = code[index];
        return instruction.OpCode.Code switch
        {
            Code.Ldc_I4 or Code.Conv_I1 or Code.Conv_I2 or Code.Conv_I4 or Code.Conv_U1 or Code.Conv_U2 or Code.Conv_U4
                or Code.Conv_Ovf_I1 or Code.Conv_Ovf_I2 or Code.Conv_Ovf_I4 or Code.Conv_Ovf_U1 or Code.Conv_Ovf_U2 or Code.Conv_Ovf_U4
                or Code.Conv_Ovf_I1_Un or Code.Conv_Ovf_I2_Un or Code.Conv_Ovf_I4_Un
                or Code.Conv_Ovf_U1_Un or Code.Conv_Ovf_U2_Un or Code.Conv_Ovf_U4_Un
                or Code.Ldind_I1 or Code.Ldind_I2 or Code.Ldind_I4 or Code.Ldind_U1 or Code.Ldind_U2 or Code.Ldind_U4
                or Code.Ldelem_I1 or Code.Ldelem_I2 or Code.Ldelem_I4 or Code.Ldelem_U1 or Code.Ldelem_U2 or Code.Ldelem_U4 => 4,
            Code.Ldc_I8 or Code.Conv_I8 or Code.Conv_U8 or Code.Conv_Ovf_I8 or Code.Conv_Ovf_U8
                or Code.Conv_Ovf_I8_Un or Code.Conv_Ovf_U8_Un or Code.Ldind_I8 or Code.Ldelem_I8 => 8,
            Code.Ldloc => Of(((VariableDefinition)instruction.Operand).VariableType),
            Code.Ldarg => Of(instruction.Operand is ParameterDefinition parameter && parameter != method.Body.ThisParameter ? parameter.ParameterType : null),
            Code.Ldfld or Code.Ldsfld => Of(((FieldReference)instruction.Operand).FieldType),
            Code.Ldelem_Any or Code.Ldobj => Of((TypeReference)instruction.Operand),
            Code.Call or Code.Callvirt => Of(((MethodReference)instruction.Operand).ReturnType),
            Code.And or Code.Or or Code.Xor or Code.Mul or Code.Mul_Ovf or Code.Mul_Ovf_Un
                or Code.Div or Code.Div_Un or Code.Rem or Code.Rem_Un => Left(code, index - 1, method),
            Code.Add or Code.Add_Ovf or Code.Add_Ovf_Un or Code.Sub or Code.Sub_Ovf or Code.Sub_Ovf_Un => OfSum(code, index, method),
            _ => 0,
        };
    }

    /// <summary>Whether the instruction leaves zero: the compare with it says nothing that its branch does not say.</summary>
    public static bool IsZero(IReadOnlyList<Instruction> code, int index) => code[index] switch
    {
        { OpCode.Code: Code.Ldc_I4, Operand: 0 } or { OpCode.Code: Code.Ldc_I8, Operand: 0L } => true,
        { OpCode.Code: Code.Conv_I8 or Code.Conv_U8 } => index > 0 && code[index - 1] is { OpCode.Code: Code.Ldc_I4, Operand: 0 },
        _ => false,
    };

    /// <summary>An integer may be added to an address, so both operands must show what they are.</summary>
    private static int OfSum(IReadOnlyList<Instruction> code, int index, MethodDefinition method)
    {
        bool isAlone = index > 0 && code[index - 1].OpCode.Code is Code.Ldc_I4 or Code.Ldc_I8 or Code.Ldloc or Code.Ldarg;
        int width = isAlone ? Left(code, index - 1, method) : 0;
        return width == Left(code, index - 2, method) ? width : 0;
    }

    private static int Of(TypeReference? type) => type?.MetadataType switch
    {
        MetadataType.SByte or MetadataType.Byte or MetadataType.Int16 or MetadataType.UInt16 or MetadataType.Char
            or MetadataType.Int32 or MetadataType.UInt32 => 4,
        MetadataType.Int64 or MetadataType.UInt64 => 8,
        MetadataType.ValueType => OfEnum(type),
        _ => 0,
    };

    private static int OfEnum(TypeReference type)
    {
        try
        {
            return type.Resolve() is { IsEnum: true } definition ? Of(definition.Fields.First(field => !field.IsStatic).FieldType) : 0;
        }
        catch (AssemblyResolutionException)
        {
            return 0;
        }
    }
}
