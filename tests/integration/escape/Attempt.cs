namespace Ext4Safety.Escape;

/// <summary>One thing that a server in a stranger's hands would try.</summary>
/// <param name="Name">One word.</param>
/// <param name="Try">Tries it: a negative error number, or anything else where it worked.</param>
/// <param name="IsHarmless">It changes nothing outside of this process, so that it may be tried where nothing stops it.</param>
internal sealed record Attempt(string Name, Func<Loot, nint> Try, bool IsHarmless = false);

/// <summary>What a server holds after its lockdown: descriptors, by number.</summary>
/// <param name="Socket">The conversation with the helper.</param>
/// <param name="Fuse">The mount's device.</param>
/// <param name="Image">The volume.</param>
/// <param name="Parent">The process that started this one.</param>
internal sealed record Loot(nint Socket, nint Fuse, nint Image, nint Parent);
