using Ext4Core.Audit;
using Ext4Core.Inodes;

namespace Ext4Core;

/// <summary>The audit of the whole volume.</summary>
public sealed partial class Volume
{
    /// <summary>Looks at everything on the volume and collects every damage, without changing a byte.</summary>
    /// <exception cref="Integrity.DeviceException">The device failed.</exception>
    public AuditResult Audit(AuditOptions options)
    {
        byte[] target = new byte[Geometry.BlockSize];
        AuditSources sources = new(
            Geometry, _stack.Reader, _stack.Cache, _stack.Groups, _stack.Inodes, _stack.Inline, _stack.Limits, CreateWorkspace(),
            (in Inode inode) => UsesBlockMap(inode), (workspace, number) =>
            {
                _ = ReadLink(workspace, number, target, out int length);
                return length;
            });
        return new VolumeAudit(new AuditContext(sources, options)).Run();
    }
}
