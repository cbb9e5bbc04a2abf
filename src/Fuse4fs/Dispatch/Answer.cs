using Ext4Core.Primitives;
using Fuse4fs.Native;

namespace Fuse4fs.Dispatch;

/// <summary>What an operation answers: a body of some length, an error, or nothing at all.</summary>
internal readonly record struct Answer
{
    private Answer(Errno error, int length, bool isSilent)
    {
        Error = error;
        Length = length;
        IsSilent = isSilent;
    }

    /// <summary>A success without a body.</summary>
    public static Answer Done => new(Errno.None, 0, isSilent: false);

    /// <summary>Forgetting and interrupting get no reply.</summary>
    public static Answer Silence => new(Errno.None, 0, isSilent: true);

    public Errno Error { get; }

    /// <summary>Bytes of the body that were written.</summary>
    public int Length { get; }

    public bool IsSilent { get; }

    /// <summary>A success with a body.</summary>
    public static Answer Body(int length) => new(Errno.None, length, isSilent: false);

    public static Answer Refuse(Errno error) => new(error, 0, isSilent: false);

    /// <summary>The volume's error numbers are Linux's own.</summary>
    public static Answer Refuse(FsError error) => new((Errno)error, 0, isSilent: false);

    /// <summary>A body, unless the volume said no.</summary>
    public static Answer Of(FsError error, int length) => error == FsError.None ? Body(length) : Refuse(error);
}
