using Ext4Core.Primitives;
using Fuse4fs.Native;

namespace Fuse4fs.Dispatch;

/// <summary>What an operation answers: a body of some length, an error, or nothing at all.</summary>
internal readonly record struct Answer
{
    private Answer(Errno error, int length, bool isSilent = false, bool isPiped = false)
    {
        Error = error;
        Length = length;
        IsSilent = isSilent;
        IsPiped = isPiped;
    }

    /// <summary>A success without a body.</summary>
    public static Answer Done => new(Errno.None, 0);

    /// <summary>Forgetting and interrupting get no reply.</summary>
    public static Answer Silence => new(Errno.None, 0, isSilent: true);

    public Errno Error { get; }

    /// <summary>Bytes of the body that were written.</summary>
    public int Length { get; }

    public bool IsSilent { get; }

    /// <summary>The whole reply, header and body, waits in the worker's pipe.</summary>
    public bool IsPiped { get; }

    /// <summary>A success with a body.</summary>
    public static Answer Body(int length) => new(Errno.None, length);

    /// <summary>A success whose reply is in the pipe.</summary>
    public static Answer Piped(int length) => new(Errno.None, length, isPiped: true);

    public static Answer Refuse(Errno error) => new(error, 0);

    /// <summary>The volume's error numbers are Linux's own.</summary>
    public static Answer Refuse(FsError error) => new((Errno)error, 0);

    /// <summary>A body, unless the volume said no.</summary>
    public static Answer Of(FsError error, int length) => error == FsError.None ? Body(length) : Refuse(error);
}
