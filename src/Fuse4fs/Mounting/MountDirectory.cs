namespace Fuse4fs.Mounting;

/// <summary>The directory to mount on.</summary>
internal static class MountDirectory
{
    /// <summary>The directory's absolute path without symbolic links: the one under which it is later unmounted.</summary>
    /// <exception cref="MountException">It is not a directory.</exception>
    public static string Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        if (!Directory.Exists(full))
        {
            throw new MountException($"the mount point {path} is not a directory");
        }

        string resolved = "/";
        foreach (string name in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(resolved, name);
            resolved = new DirectoryInfo(next).ResolveLinkTarget(returnFinalTarget: true) is { } target ? Resolve(target.FullName) : next;
        }

        return resolved;
    }
}
