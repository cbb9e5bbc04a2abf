namespace Ext4Core;

/// <summary>Something that an administrator should know of a volume that was mounted all the same.</summary>
/// <param name="Subject">One word that names it: a feature, a state.</param>
/// <param name="Text">What it is and what it means here.</param>
public sealed record VolumeNotice(string Subject, string Text);
