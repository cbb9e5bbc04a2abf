using Fuse4fs.Options;
using Fuse4fs.Protocol;

namespace Fuse4fs.Service;

/// <summary>The plan of a mount that a helper asks for: the service's own words stand in front, and later words win.</summary>
internal static class ServicePlan
{
    private const string InsecureWord = "--insecure";

    /// <summary>Reads both command lines as one.</summary>
    /// <param name="own">The service's own arguments, from its unit.</param>
    /// <param name="received">The type of the mount, then the helper's arguments.</param>
    /// <param name="grants">What the helper will do: what it will not is dropped where the service asked for it by itself.</param>
    /// <exception cref="UsageException">They make no sense, or ask for what only the service's own words may.</exception>
    public static MountPlan Of(IReadOnlyList<string> own, IReadOnlyList<string> received, HelperGrants grants)
    {
        if (received.Any(word => word.StartsWith(InsecureWord, StringComparison.Ordinal)))
        {
            throw new UsageException($"{InsecureWord} is for the service's own command line");
        }

        MountPlan plan = new CommandLine().Read([.. own, .. received.Skip(1)]);
        if (plan.LockFile is not null)
        {
            throw new UsageException("mount option \"lockfile\" names a file that a contained server does not see");
        }

        // What the service adds by itself is dropped where it may not be; what the caller asks for he gets, or he hears why not.
        bool isAskedFor = new CommandLine().Read([.. received.Skip(1)]).AllowOther;
        return plan with
        {
            AllowOther = plan.AllowOther && (isAskedFor || grants.HasFlag(HelperGrants.AllowOther)),
            Subtype = received[0],
        };
    }
}
