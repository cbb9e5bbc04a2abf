using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>Sees every block of a file and of its map, in the order of the file.</summary>
internal interface IMapVisitor
{
    /// <summary>A block of the map itself. False: do not look below it.</summary>
    bool EnterNode(BlockNumber block, in DiskLocation where);

    /// <summary>A run of the file's blocks.</summary>
    void VisitRun(FileBlock first, BlockRange blocks, bool isUnwritten, in DiskLocation where);

    /// <summary>A part of the map is damaged; the walk goes on behind it.</summary>
    void ReportDamage(CorruptionException damage);
}
