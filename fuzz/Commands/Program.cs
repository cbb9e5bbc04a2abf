using Ext4Safety.Fuzz.Commands;

return FuzzCommandLine.Run(args, new(Console.Out, Console.Error, Directory.GetCurrentDirectory()));
