namespace Ext4Safety.IntegrationTests.Support;

/// <summary>Tests that mount the matrix's images by the kernel run one after the other: two mounts of one image share their
/// page cache, and what one test has read there is data for the other's SEEK_DATA, even in a range that was never written.</summary>
internal static class MatrixMounts
{
    public const string Name = "mounts of the matrix";
}
