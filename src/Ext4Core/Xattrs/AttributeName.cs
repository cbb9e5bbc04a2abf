using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Xattrs;

/// <summary>Between names as user space writes them and names as the volume keeps them.</summary>
/// <remarks>The namespaces that the Linux 6.18 driver has handlers for; others exist on the volume and are neither listed
/// nor found.</remarks>
internal static class AttributeName
{
    private static ReadOnlySpan<byte> AccessList => "system.posix_acl_access"u8;

    private static ReadOnlySpan<byte> DefaultAccessList => "system.posix_acl_default"u8;

    /// <summary>Splits a whole name.</summary>
    /// <returns><see cref="FsError.NotSupported"/> for a namespace without a handler; <see cref="FsError.Invalid"/> for a
    /// namespace alone; <see cref="FsError.Range"/> for a name above 255 bytes.</returns>
    public static FsError Split(ReadOnlySpan<byte> whole, out AttributeNamespace space, out ReadOnlySpan<byte> name)
    {
        const int MaximumLength = 255;
        name = default;
        space = default;
        if (whole.Length is 0 or > MaximumLength)
        {
            return FsError.Range;
        }

        if (whole.SequenceEqual(AccessList) || whole.SequenceEqual(DefaultAccessList))
        {
            space = whole.Length == AccessList.Length ? AttributeNamespace.AccessList : AttributeNamespace.DefaultAccessList;
            return FsError.None;
        }

        space = PrefixedNamespaceOf(whole);
        if (space == default)
        {
            return FsError.NotSupported;
        }

        name = whole[PrefixOf(space).Length..];
        return name.IsEmpty ? FsError.Invalid : FsError.None;
    }

    /// <summary>What a listed name begins with; empty for a namespace that is never listed.</summary>
    public static ReadOnlySpan<byte> PrefixOf(AttributeNamespace space) => space switch
    {
        AttributeNamespace.User => "user."u8,
        AttributeNamespace.AccessList => AccessList,
        AttributeNamespace.DefaultAccessList => DefaultAccessList,
        AttributeNamespace.Trusted => "trusted."u8,
        AttributeNamespace.Security => "security."u8,
        AttributeNamespace.Hurd => "gnu."u8,
        _ => default,
    };

    private static AttributeNamespace PrefixedNamespaceOf(ReadOnlySpan<byte> whole)
    {
        ReadOnlySpan<AttributeNamespace> prefixed =
        [
            AttributeNamespace.User, AttributeNamespace.Trusted, AttributeNamespace.Security, AttributeNamespace.Hurd,
        ];
        foreach (AttributeNamespace space in prefixed)
        {
            if (whole.StartsWith(PrefixOf(space)))
            {
                return space;
            }
        }

        return default;
    }
}
