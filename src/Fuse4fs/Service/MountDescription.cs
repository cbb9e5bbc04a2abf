using System.Globalization;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;

namespace Fuse4fs.Service;

/// <summary>What a helper is told of a mount before it makes it.</summary>
internal static class MountDescription
{
    /// <summary>Describes the mount piece by piece, in the one order that works everywhere.</summary>
    /// <param name="helper">Who is told.</param>
    /// <param name="plan">What was asked for.</param>
    /// <param name="kind">What is preferred; a helper that refuses it is asked for a plain mount.</param>
    /// <param name="blockSize">The volume's, in bytes.</param>
    /// <exception cref="MountException">The helper refused a piece.</exception>
    public static void Send(HelperConversation helper, MountPlan plan, MountKind kind, int blockSize)
    {
        if (kind == MountKind.Plain || helper.Announce(kind) != Errno.None)
        {
            kind = MountKind.Plain;
            Expect(helper.Announce(kind), "the type of the mount");
        }

        Expect(helper.Name(plan.Source ?? plan.Device), "the source");
        Expect(helper.Point(plan.MountPoint), "the mount point");
        string options = KernelOptions.Of(plan, kind, blockSize);
        if (options.Length > 0)
        {
            Expect(helper.Configure(options), $"the options {options}");
        }

        if (plan.TableOptions.Length > 0)
        {
            // They are a note for people: a mount without it is a mount.
            _ = helper.Note(plan.TableOptions.TrimEnd(','));
        }
    }

    /// <summary>Goes on where a step was taken.</summary>
    /// <exception cref="MountException">It was refused.</exception>
    public static void Expect(Errno error, string what)
    {
        if (error != Errno.None)
        {
            throw new MountException(string.Create(CultureInfo.InvariantCulture, $"the helper refused {what}: {Libc.Describe(error)}"));
        }
    }
}
