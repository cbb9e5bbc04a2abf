namespace Fuse4fs.Mounting;

/// <summary>A file that says "this volume is in use" for as long as it exists.</summary>
internal sealed class LockFile : IDisposable
{
    private readonly string? _path;

    private LockFile(string? path) => _path = path;

    /// <summary>Creates the file; without a path there is none.</summary>
    /// <exception cref="MountException">It exists, or cannot be created.</exception>
    public static LockFile Create(string? path)
    {
        if (path is not null)
        {
            try
            {
                using FileStream file = new(path, new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead,
                });
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new MountException($"cannot take the lock file {path}: {error.Message}");
            }
        }

        return new(path);
    }

    public void Dispose()
    {
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }
}
