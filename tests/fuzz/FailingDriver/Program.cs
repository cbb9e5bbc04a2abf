return Ext4Safety.Fuzz.FuzzProgram.Run(Ext4Safety.Fuzz.Failing.FailingTargets.All, args);
