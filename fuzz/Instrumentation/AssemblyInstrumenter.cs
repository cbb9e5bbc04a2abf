using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>Rewrites one assembly: counters, compare hooks, a map of the counters, and their registration when it is loaded.</summary>
internal static class AssemblyInstrumenter
{
    private const string MapResource = "Ext4Safety.Fuzz.Sites";
    private const string TableType = "Ext4Safety.Fuzz.SiteTable";

    /// <summary>Rewrites an assembly and its symbols. The same input gives the same output.</summary>
    /// <returns>How many counters it has.</returns>
    public static int Instrument(string input, string output, InstrumentationPlan plan)
    {
        using DefaultAssemblyResolver resolver = new();
        resolver.AddSearchDirectory(Path.GetDirectoryName(Path.GetFullPath(input)));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        bool hasSymbols = File.Exists(Path.ChangeExtension(input, ".pdb"));
        using ModuleDefinition module = ModuleDefinition.ReadModule(
            input, new ReaderParameters { AssemblyResolver = resolver, ReadSymbols = hasSymbols });
        if (module.GetType(TableType) is not null)
        {
            throw new InvalidOperationException($"{input} is instrumented already");
        }

        RuntimeHooks hooks = RuntimeHooks.Import(module, plan.RuntimePath);
        SiteTable sites = new();
        foreach (TypeDefinition type in module.GetTypes().Where(type => IsWanted(type, plan)).ToArray())
        {
            foreach (MethodDefinition method in type.Methods.Where(method => IsWanted(method, hasSymbols)))
            {
                new MethodInstrumenter(method, sites, hooks, plan).Rewrite();
            }
        }

        module.Resources.Add(new EmbeddedResource(MapResource, ManifestResourceAttributes.Public, sites.Map));
        AddRegistration(module, sites, hooks.Register, plan);
        module.Write(output, new WriterParameters { WriteSymbols = hasSymbols, DeterministicMvid = true, Timestamp = 0 });
        return sites.Count;
    }

    private static bool IsWanted(TypeDefinition type, InstrumentationPlan plan)
    {
        for (TypeDefinition? outer = type; outer is not null; outer = outer.DeclaringType)
        {
            if (outer.Name is "<Module>" or "<PrivateImplementationDetails>" || IsExcluded(outer))
            {
                return false;
            }

            if (plan.OnlyNames.Contains(outer.FullName) || plan.OnlyNames.Contains(outer.Namespace))
            {
                return true;
            }
        }

        return plan.OnlyNames.Count == 0;
    }

    /// <summary>Where there are symbols, a method without a line of source was written by the compiler: equality of records, for one.</summary>
    private static bool IsWanted(MethodDefinition method, bool hasSymbols) =>
        method.HasBody && !IsExcluded(method) && (!hasSymbols || method.DebugInformation.SequencePoints.Any(point => !point.IsHidden));

    private static bool IsExcluded(ICustomAttributeProvider member) =>
        member.CustomAttributes.Any(attribute => attribute.AttributeType.Name is "ExcludeFromCodeCoverageAttribute");

    /// <summary>Code of the module itself runs before any other of it, so no counter is touched before its memory is there.</summary>
    private static void AddRegistration(ModuleDefinition module, SiteTable sites, MethodReference register, InstrumentationPlan plan)
    {
        FieldDefinition flags = AddFlags(module, sites);
        TypeDefinition moduleType = module.Types.Single(type => type.Name is "<Module>");
        MethodDefinition? initializer = moduleType.Methods.SingleOrDefault(method => method.Name is ".cctor");
        if (initializer is null)
        {
            const MethodAttributes attributes = MethodAttributes.Private | MethodAttributes.HideBySig | MethodAttributes.Static
                | MethodAttributes.SpecialName | MethodAttributes.RTSpecialName;
            initializer = new MethodDefinition(".cctor", attributes, module.TypeSystem.Void);
            initializer.Body.Instructions.Add(Instruction.Create(OpCodes.Ret));
            moduleType.Methods.Add(initializer);
        }

        Instruction[] call =
        [
            Instruction.Create(OpCodes.Ldsflda, flags),
            Instruction.Create(OpCodes.Conv_U),
            Instruction.Create(OpCodes.Ldc_I4, sites.Count),
            Instruction.Create(OpCodes.Ldc_I4, plan.Address),
            Instruction.Create(OpCodes.Ldtoken, flags.DeclaringType),
            Instruction.Create(OpCodes.Call, register),
        ];
        ILProcessor processor = initializer.Body.GetILProcessor();
        Instruction first = initializer.Body.Instructions[0];
        foreach (Instruction instruction in call)
        {
            processor.InsertBefore(first, instruction);
        }
    }

    /// <summary>A type whose one field is the flags of all sites, as data of the file: it needs no code to fill it.</summary>
    private static FieldDefinition AddFlags(ModuleDefinition module, SiteTable sites)
    {
        const TypeAttributes staticClass = TypeAttributes.NotPublic | TypeAttributes.Abstract | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit;
        int split = TableType.LastIndexOf('.');
        TypeDefinition table = new(TableType[..split], TableType[(split + 1)..], staticClass, module.TypeSystem.Object);
        const TypeAttributes blob = TypeAttributes.NestedPrivate | TypeAttributes.ExplicitLayout | TypeAttributes.Sealed;
        TypeReference valueType = new("System", "ValueType", module, module.TypeSystem.CoreLibrary);
        TypeDefinition shape = new("", "Bytes", blob, valueType) { ClassSize = int.Max(1, sites.Count), PackingSize = 1 };
        table.NestedTypes.Add(shape);
        FieldDefinition flags = new("Flags", FieldAttributes.Assembly | FieldAttributes.Static | FieldAttributes.HasFieldRVA, shape)
        {
            InitialValue = sites.Count == 0 ? [0] : sites.Flags,
        };
        table.Fields.Add(flags);
        module.Types.Add(table);
        return flags;
    }
}
