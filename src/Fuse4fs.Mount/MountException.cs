using Fuse4fs.Native;

namespace Fuse4fs.Mount;

/// <summary>A step towards the mount failed, and the message says which one and why.</summary>
internal sealed class MountException : Exception
{
    public MountException(string message)
        : base(message)
    {
    }

    public MountException(string step, Errno error)
        : base($"{step}: {Libc.Describe(error)}") => Error = error;

    /// <summary>What the server is answered.</summary>
    public Errno Error { get; } = Errno.Invalid;
}
