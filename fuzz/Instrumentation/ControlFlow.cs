using Mono.Cecil.Cil;

namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>The basic blocks of a method, and the ways between them, by index of instruction.</summary>
internal sealed class ControlFlow
{
    private readonly Instruction[] _code;
    private readonly Dictionary<Instruction, int> _index = [];
    private readonly int[] _ways;
    private readonly bool[] _isLeader;
    private readonly bool[] _isTarget;
    private readonly bool[] _isCounted;
    private readonly Instruction[][] _targets;

    public ControlFlow(MethodBody body)
    {
        _code = [.. body.Instructions];
        for (int index = 0; index < _code.Length; index++)
        {
            _index.Add(_code[index], index);
        }

        _ways = new int[_code.Length];
        _isLeader = new bool[_code.Length];
        _isTarget = new bool[_code.Length];
        _isCounted = new bool[_code.Length];
        _targets = Array.ConvertAll(_code, Targets);
        EnterFromOutside(0);
        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            EnterFromOutside(_index[handler.HandlerStart]);
            if (handler.FilterStart is not null)
            {
                EnterFromOutside(_index[handler.FilterStart]);
            }
        }

        for (int index = 0; index < _code.Length; index++)
        {
            Follow(index);
        }

        for (int index = 0; index < _code.Length; index++)
        {
            ChooseCounters(index);
        }
    }

    /// <summary>The method's instructions as they were before anything was inserted.</summary>
    public IReadOnlyList<Instruction> Code => _code;

    /// <summary>Whether a basic block starts here.</summary>
    public bool IsLeader(int index) => _isLeader[index];

    /// <summary>Whether a block starts here that needs a counter: others run whenever a counted block or edge before them does.</summary>
    public bool IsCounted(int index) => _isCounted[index];

    /// <summary>Instructions from here to the next counter, along the ways that are always gone.</summary>
    public IEnumerable<int> UntilNextCounter(int start)
    {
        for (int index = start, steps = 0; steps < _code.Length && (steps == 0 || !_isCounted[index]); steps++)
        {
            yield return index;
            if (_code[index].OpCode.FlowControl is FlowControl.Branch)
            {
                index = _index[_targets[index][0]];
            }
            else if (_code[index].OpCode.FlowControl is FlowControl.Return or FlowControl.Throw or FlowControl.Cond_Branch || ++index == _code.Length)
            {
                yield break;
            }
        }
    }

    /// <summary>Where an instruction stands.</summary>
    public int IndexOf(Instruction instruction) => _index[instruction];

    /// <summary>Whether a branch or an exception leads here.</summary>
    public bool IsTarget(int index) => _isTarget[index];

    /// <summary>Whether a branch to this instruction goes back, as a loop does.</summary>
    public bool GoesBack(int index) => _targets[index].Any(target => _index[target] <= index);

    /// <summary>Targets of a conditional branch that can be reached in another way too: the edges that no block stands for.</summary>
    public IEnumerable<Instruction> CriticalTargets(int index) =>
        _code[index].OpCode.FlowControl == FlowControl.Cond_Branch ? _targets[index].Where(target => _ways[_index[target]] > 1) : [];

    /// <summary>Whether going on after a conditional branch is such an edge.</summary>
    public bool FallsThroughCritically(int index) =>
        _code[index].OpCode.FlowControl == FlowControl.Cond_Branch && _ways[index + 1] > 1;

    private static Instruction[] Targets(Instruction instruction) => instruction.Operand switch
    {
        Instruction target => [target],
        Instruction[] targets => [.. targets.Distinct()],
        _ => [],
    };

    private void EnterFromOutside(int index)
    {
        Enter(index);
        _isCounted[index] = true;
    }

    /// <summary>A block with a single way to it, from a branch that may go elsewhere, stands for that way. And no loop may be without
    /// a counter: one that never ends is ended there.</summary>
    private void ChooseCounters(int index)
    {
        FlowControl flow = _code[index].OpCode.FlowControl;
        if (flow == FlowControl.Cond_Branch)
        {
            _isCounted[index + 1] |= _ways[index + 1] == 1;
        }

        foreach (int target in _targets[index].Select(IndexOf))
        {
            _isCounted[target] |= flow == FlowControl.Cond_Branch ? _ways[target] == 1 : target <= index;
        }
    }

    private void Enter(int index)
    {
        _ways[index]++;
        _isLeader[index] = true;
        _isTarget[index] = true;
    }

    private void Follow(int index)
    {
        foreach (Instruction target in _targets[index])
        {
            Enter(_index[target]);
        }

        FlowControl flow = _code[index].OpCode.FlowControl;
        if (flow is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw) && index + 1 < _code.Length)
        {
            _ways[index + 1]++;
            _isLeader[index + 1] |= flow == FlowControl.Cond_Branch;
        }
    }
}
