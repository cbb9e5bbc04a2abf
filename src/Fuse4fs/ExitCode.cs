namespace Fuse4fs;

/// <summary>How the program ends: the codes of mount(8), as far as they apply.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 1;

    /// <summary>The server failed while it served, or a tool could not do its work.</summary>
    public const int Operational = 2;

    /// <summary>A volume tool found damage: e2fsck's code for errors that were left as they are.</summary>
    public const int Damaged = 4;

    /// <summary>A volume tool could not look at the volume: e2fsck's code for an operational error.</summary>
    public const int NotExamined = 8;

    /// <summary>Nothing was mounted: the device, the volume or the mount itself refused.</summary>
    public const int MountFailed = 32;
}
