using System.Globalization;
using Ext4Safety.Fuzz;
using Ext4Safety.FuzzBench;

FuzzTarget[] targets =
[
    new EmptyTarget(),
    new ThrowingNodeTarget(),
    SmallVolume.Walked,
    SmallVolume.Audited,
    SmallVolume.Asked,
    .. TargetRegistry.All,
    .. TargetRegistry.All.Select(target => new WatchedTarget(target)),
];

return args is ["--repeat", string name, string folder, string seconds]
    ? Repetition.Run(Array.Find(targets, target => string.Equals(target.Name, name, StringComparison.Ordinal))!, folder, double.Parse(seconds, CultureInfo.InvariantCulture))
    : FuzzProgram.Run(targets, args);
