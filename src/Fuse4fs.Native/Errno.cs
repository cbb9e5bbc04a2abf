namespace Fuse4fs.Native;

/// <summary>Linux error numbers that the server reads or answers; every other value is passed on as it is.</summary>
internal enum Errno
{
    None = 0,
    NotPermitted = 1,
    NotFound = 2,
    Interrupted = 4,
    InputOutput = 5,
    BadDescriptor = 9,
    TryAgain = 11,
    AccessDenied = 13,
    Busy = 16,
    NoDevice = 19,
    NotDirectory = 20,
    Invalid = 22,
    NotTerminal = 25,
    ReadOnly = 30,
    Range = 34,
    NameTooLong = 36,
    NotImplemented = 38,
    Protocol = 71,
    UnknownOption = 92,
    NotSupported = 95,
    ConnectionAborted = 103,
    NotConnected = 107,
    Stale = 116,
    NeedsCleaning = 117,
}
