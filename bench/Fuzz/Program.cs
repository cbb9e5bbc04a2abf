using Ext4Safety.Fuzz;
using Ext4Safety.FuzzBench;

return FuzzProgram.Run(
[
    new EmptyTarget(),
    new ThrowingNodeTarget(),
    .. TargetRegistry.All,
    .. TargetRegistry.All.Select(target => new WatchedTarget(target)),
], args);
