using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>Rewrites one method.</summary>
internal sealed class MethodInstrumenter
{
    private readonly MethodDefinition _method;
    private readonly SiteTable _sites;
    private readonly RuntimeHooks _hooks;
    private readonly InstrumentationPlan _plan;
    private readonly string _name;
    private readonly Dictionary<Instruction, Instruction> _newTargets = [];
    private ControlFlow _flow = null!;
    private ILProcessor _processor = null!;
    private SourceLines _lines = null!;
    private VariableDefinition[]? _narrow;
    private VariableDefinition[]? _wide;
    private int _block;

    public MethodInstrumenter(MethodDefinition method, SiteTable sites, RuntimeHooks hooks, InstrumentationPlan plan)
    {
        _method = method;
        _sites = sites;
        _hooks = hooks;
        _plan = plan;
        _name = $"{method.DeclaringType.FullName.Replace('/', '.')}.{method.Name}";
    }

    /// <summary>Gives a counter to as many basic blocks and edges as tell all ways through the method apart, and shows the operands of compares.</summary>
    public void Rewrite()
    {
        MethodBody body = _method.Body;
        body.SimplifyMacros();
        _flow = new ControlFlow(body);
        _lines = new SourceLines(_method, _flow);
        _processor = body.GetILProcessor();
        for (int index = 0; index < _flow.Code.Count; index++)
        {
            if (_flow.IsCounted(index))
            {
                CountBlock(index);
            }

            if (_plan.TraceCompares)
            {
                TraceCompare(index);
                RedirectSequenceEqual(index);
            }
        }

        Retarget(body);
        for (int index = 0; index < _flow.Code.Count; index++)
        {
            CountEdges(index);
        }

        body.MaxStackSize += 4;
        body.OptimizeMacros();
    }

    private void CountBlock(int index)
    {
        _block = _sites.Add(index == 0 ? SiteKind.Function : SiteKind.Block, _name, _lines.File, _lines.From(index));
        InsertBefore(_flow.Code[index], Counter(_block));
    }

    /// <summary>Branches and protected regions that led to an instruction now lead to its counter.</summary>
    private void Retarget(MethodBody body)
    {
        foreach (Instruction instruction in _flow.Code)
        {
            instruction.Operand = instruction.Operand switch
            {
                Instruction target => Moved(target),
                Instruction[] targets => Array.ConvertAll(targets, Moved),
                object other => other,
                null => null,
            };
        }

        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            handler.TryStart = Moved(handler.TryStart);
            handler.TryEnd = MovedOrNothing(handler.TryEnd);
            handler.HandlerStart = Moved(handler.HandlerStart);
            handler.HandlerEnd = MovedOrNothing(handler.HandlerEnd);
            handler.FilterStart = MovedOrNothing(handler.FilterStart);
        }

        Instruction? MovedOrNothing(Instruction? target) => target is null ? null : Moved(target);
    }

    private Instruction Moved(Instruction target) => _newTargets.GetValueOrDefault(target, target);

    /// <summary>A counter on an edge stands on a stretch of its own behind the branch, which therefore needs no inversion and
    /// stays inside of its protected region.</summary>
    private void CountEdges(int index)
    {
        Instruction branch = _flow.Code[index];
        Instruction[] targets = [.. _flow.CriticalTargets(index)];
        List<Instruction> stretch = [];
        if (_flow.FallsThroughCritically(index))
        {
            stretch.AddRange(Counter(AddEdge(_flow.Code[index + 1])));
        }

        if (targets.Length > 0)
        {
            stretch.Add(Instruction.Create(OpCodes.Br, Moved(_flow.Code[index + 1])));
        }

        foreach (Instruction target in targets)
        {
            Instruction moved = Moved(target);
            Instruction[] counter = Counter(AddEdge(target));
            stretch.AddRange([.. counter, Instruction.Create(OpCodes.Br, moved)]);
            branch.Operand = branch.Operand is Instruction[] cases
                ? Array.ConvertAll(cases, each => each == moved ? counter[0] : each)
                : counter[0];
        }

        Instruction last = branch;
        foreach (Instruction instruction in stretch)
        {
            _processor.InsertAfter(last, instruction);
            last = instruction;
        }

        int AddEdge(Instruction target) => _sites.Add(SiteKind.Edge, _name, _lines.File, LinesOfEdge(index, _flow.IndexOf(target)));
    }

    /// <summary>The line of the branch, and what is certain to follow.</summary>
    private string LinesOfEdge(int branch, int target) =>
        _flow.IsCounted(target) ? _lines.At(branch) : $"{_lines.At(branch)},{_lines.From(target)}";

    /// <summary>Before a compare of integers, unless it closes a loop or compares with zero: those teach nothing.</summary>
    private void TraceCompare(int index)
    {
        Instruction compare = _flow.Code[index];
        if (!IsCompare(compare.OpCode.Code) || _flow.IsTarget(index) || _flow.GoesBack(index) || OperandWidth.IsZero(_flow.Code, index - 1))
        {
            return;
        }

        switch (OperandWidth.Left(_flow.Code, index - 1, _method))
        {
            case 4:
                Show(compare, _narrow ??= NewPair(_method.Module.TypeSystem.UInt32), _hooks.Compare4);
                break;
            case 8:
                Show(compare, _wide ??= NewPair(_method.Module.TypeSystem.UInt64), _hooks.Compare8);
                break;
            default:
                break;
        }
    }

    private void Show(Instruction compare, VariableDefinition[] operands, MethodReference hook) => InsertBefore(
        compare,
        [
            Instruction.Create(OpCodes.Stloc, operands[1]),
            Instruction.Create(OpCodes.Stloc, operands[0]),
            Instruction.Create(OpCodes.Ldloc, operands[0]),
            Instruction.Create(OpCodes.Ldloc, operands[1]),
            Instruction.Create(OpCodes.Call, hook),
            Instruction.Create(OpCodes.Ldloc, operands[0]),
            Instruction.Create(OpCodes.Ldloc, operands[1]),
        ]);

    private VariableDefinition[] NewPair(TypeReference type)
    {
        VariableDefinition[] pair = [new(type), new(type)];
        foreach (VariableDefinition variable in pair)
        {
            _method.Body.Variables.Add(variable);
        }

        return pair;
    }

    /// <summary>Byte strings are compared in the framework, which is not rewritten: the runtime does it where the engine can see it.</summary>
    private void RedirectSequenceEqual(int index)
    {
        if (_flow.Code[index] is { OpCode.Code: Code.Call, Operand: GenericInstanceMethod { Name: "SequenceEqual", Parameters.Count: 2 } callee } call
            && callee.DeclaringType.FullName is "System.MemoryExtensions"
            && callee.GenericArguments[0].MetadataType == MetadataType.Byte
            && callee.Parameters[0].ParameterType.GetElementType().FullName is "System.ReadOnlySpan`1")
        {
            InsertBefore(call, [Instruction.Create(OpCodes.Ldc_I4, _plan.Address + _block)]);
            call.Operand = _hooks.SequenceEqual;
        }
    }

    private void InsertBefore(Instruction place, Instruction[] instructions)
    {
        _newTargets.TryAdd(place, instructions[0]);
        foreach (Instruction instruction in instructions)
        {
            _processor.InsertBefore(place, instruction);
        }
    }

    private Instruction[] Counter(int site) =>
    [
        Instruction.Create(OpCodes.Ldc_I4, _plan.Address + site),
        Instruction.Create(OpCodes.Conv_U),
        Instruction.Create(OpCodes.Dup),
        Instruction.Create(OpCodes.Ldind_U1),
        Instruction.Create(OpCodes.Ldc_I4_1),
        Instruction.Create(OpCodes.Add),
        Instruction.Create(OpCodes.Conv_U1),
        Instruction.Create(OpCodes.Stind_I1),
    ];

    private static bool IsCompare(Code code) => code is Code.Beq or Code.Bne_Un or Code.Ceq
        or Code.Bge or Code.Bge_Un or Code.Bgt or Code.Bgt_Un or Code.Cgt or Code.Cgt_Un
        or Code.Ble or Code.Ble_Un or Code.Blt or Code.Blt_Un or Code.Clt or Code.Clt_Un;
}
