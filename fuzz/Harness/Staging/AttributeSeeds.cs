using Ext4Core.Layout;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Attributes to start from.</summary>
internal static class AttributeSeeds
{
    /// <summary>Words that attributes are made of.</summary>
    public static DictionaryWord[] Words =>
    [
        new("magic", [0, 0, 2, 0xEA]),
        new("user_name", [1, 1]),
        new("access_list", [0, 2]),
        new("default_list", [0, 3]),
        new("trusted_name", [1, 4]),
        new("security_name", [1, 6]),
        new("inline_data", [4, 7]),
        new("encryption", [1, 9]),
        new("list_of_three", List()),
        new("largest_value", [0, 0, 0, 1]),
    ];

    /// <summary>An access control list of owner, group and others.</summary>
    public static byte[] List()
    {
        byte[] list = new byte[AccessControlListView.HeaderSize + (3 * AccessControlListView.ShortEntrySize)];
        AccessControlListWriter.Initialise(list);
        int at = AccessControlListView.HeaderSize;
        foreach (AccessListTag tag in new[] { AccessListTag.Owner, AccessListTag.OwningGroup, AccessListTag.Other })
        {
            AccessControlListWriter.Put(list, ref at, new(tag, 5, AccessListEntry.NoIdentity));
        }

        return list;
    }

    /// <summary>Adds some attributes in the order of a block.</summary>
    public static void Fill(ref AttributeListWriter writer, bool hasList)
    {
        _ = writer.TryAdd(AttributeNamespace.User, "a"u8, "value"u8, 1);
        _ = writer.TryAdd(AttributeNamespace.User, "name"u8, default, 1);
        if (hasList)
        {
            _ = writer.TryAdd(AttributeNamespace.AccessList, default, List(), 1);
        }

        _ = writer.TryAdd(AttributeNamespace.Trusted, "hidden"u8, "secret"u8, 1);
    }
}
