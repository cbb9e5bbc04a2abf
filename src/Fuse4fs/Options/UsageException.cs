namespace Fuse4fs.Options;

/// <summary>The command line makes no sense, and the message says which word of it.</summary>
internal sealed class UsageException(string message) : Exception(message);
