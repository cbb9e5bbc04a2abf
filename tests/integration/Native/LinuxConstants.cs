namespace Ext4Safety.IntegrationTests.Native;

/// <summary>open(2) flags of x86-64 and arm64 that agree.</summary>
internal static class OpenFlags
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
}

/// <summary>fallocate(2) modes.</summary>
internal static class AllocateMode
{
    public const int KeepSize = 1;
    public const int PunchHole = 2;
    public const int CollapseRange = 8;
    public const int ZeroRange = 16;
    public const int InsertRange = 32;
}

/// <summary>File types of <c>st_mode</c>.</summary>
internal static class NodeType
{
    public const uint TypeMask = 0xF000;
    public const uint Fifo = 0x1000;
    public const uint CharacterDevice = 0x2000;
    public const uint Directory = 0x4000;
    public const uint BlockDevice = 0x6000;
    public const uint Regular = 0x8000;
    public const uint SymbolicLink = 0xA000;
    public const uint Socket = 0xC000;
}

/// <summary>ioctl(2) requests.</summary>
internal static class ControlRequest
{
    public const ulong GetFlags = 0x80086601;
    public const ulong SetFlags = 0x40086602;
    public const ulong GetVersion = 0x80087601;
    public const ulong GetExtendedAttributes = 0x801C581F;
    public const ulong SetExtendedAttributes = 0x401C5820;
    public const ulong SetEncryptionPolicy = 0x800C6613;
    public const ulong AddEncryptionKey = 0xC0506617;
    public const ulong RemoveEncryptionKey = 0xC0406618;
}

/// <summary>Error numbers that tests expect.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoSuchAddress = 6;
    public const int Exists = 17;
    public const int CrossDevice = 18;
    public const int Invalid = 22;
    public const int NotTypewriter = 25;
    public const int FileTooBig = 27;
    public const int NoSpace = 28;
    public const int TooManyLinks = 31;
    public const int Range = 34;
    public const int NameTooLong = 36;
    public const int NoData = 61;
    public const int NotSupported = 95;
}
