namespace Fuse4fs.Options;

/// <summary>One word that may follow <c>-o</c>: what it is called, what it means and what it does to the plan.</summary>
/// <param name="Name">The word, without its value.</param>
/// <param name="ValueName">What stands behind the equals sign; null where nothing does.</param>
/// <param name="Meaning">One line for the help text.</param>
/// <param name="Apply">The plan with this option in force.</param>
internal sealed record MountOption(string Name, string? ValueName, string Meaning, Func<MountPlan, string, MountPlan> Apply)
{
    /// <summary>A word that stands alone.</summary>
    public static MountOption Word(string name, string meaning, Func<MountPlan, MountPlan> apply) =>
        new(name, ValueName: null, meaning, (plan, _) => apply(plan));

    /// <summary>A word that is understood and changes nothing here.</summary>
    public static MountOption NoEffect(string name, string meaning) => Word(name, meaning, plan => plan);

    /// <summary>A number that is checked and changes nothing here.</summary>
    public static MountOption NumberWithoutEffect(string name, string valueName, string meaning) => new(name, valueName, meaning, (plan, value) =>
    {
        _ = OptionValue.Size(name, value, 0, uint.MaxValue);
        return plan;
    });

    /// <summary>A word that sets mount flags.</summary>
    public static MountOption Set(string name, MountFlags flags, string meaning) =>
        Word(name, meaning, plan => plan with { Flags = plan.Flags | flags });

    /// <summary>A word that clears mount flags.</summary>
    public static MountOption Clear(string name, MountFlags flags, string meaning) =>
        Word(name, meaning, plan => plan with { Flags = plan.Flags & ~flags });

    /// <summary>How the option is written.</summary>
    public string Form => ValueName is null ? Name : $"{Name}={ValueName}";

    /// <summary>Applies the option as it was written.</summary>
    /// <exception cref="UsageException">A value is missing, or stands where none belongs.</exception>
    public MountPlan ApplyTo(MountPlan plan, string? value)
    {
        if (value is null != ValueName is null)
        {
            throw new UsageException(value is null
                ? $"mount option \"{Name}\" needs a value: {Form}"
                : $"mount option \"{Name}\" takes no value, but \"{value}\" was given");
        }

        return Apply(plan, value ?? string.Empty);
    }
}
