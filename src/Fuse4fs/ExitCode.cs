namespace Fuse4fs;

/// <summary>How the program ends: the codes of mount(8), as far as they apply.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 1;

    /// <summary>The server failed while it served, or a tool could not do its work.</summary>
    public const int Operational = 2;

    /// <summary>Nothing was mounted: the device, the volume or the mount itself refused.</summary>
    public const int MountFailed = 32;
}
