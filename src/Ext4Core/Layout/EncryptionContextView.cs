namespace Ext4Core.Layout;

/// <summary>What fscrypt keeps of an encrypted inode, under the hidden attribute "c": recognised, never used.</summary>
/// <remarks><c>fscrypt_context_v1</c>, 28 bytes, and <c>fscrypt_context_v2</c>, 40 bytes. Source: Linux,
/// Documentation/filesystems/fscrypt.rst, "Encryption context".</remarks>
internal static class EncryptionContextView
{
    public const int MaximumSize = 40;
    private const int FirstVersionSize = 28;

    /// <summary>Whether bytes are a context of a version that exists, in its exact size.</summary>
    public static bool IsRecognised(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        FirstVersionSize => bytes[0] == 1,
        MaximumSize => bytes[0] == 2,
        _ => false,
    };
}
