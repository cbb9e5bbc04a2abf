using Ext4Safety.Fuzz;
using SharpFuzz;

// The same targets under SharpFuzz's own libFuzzer driver, which passes no name on: the environment says it.
string name = Environment.GetEnvironmentVariable("FUZZ_TARGET") ?? "";
if (TargetRegistry.Find(name) is not FuzzTarget target)
{
    Console.Error.WriteLine($"fuzz: FUZZ_TARGET must name a target, one of: {string.Join(' ', TargetRegistry.All.Select(each => each.Name))}");
    return 2;
}

Fuzzer.LibFuzzer.Run(input => FuzzRun.Once(target, input));
return 0;
