return Ext4Safety.Fuzz.FuzzProgram.Run(Ext4Safety.Fuzz.TargetRegistry.All, args);
