using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A POSIX access control list as the volume keeps it, and as user space sees it.</summary>
/// <remarks>A refusal costs no throw. That the form that throws says the same is held against one input in sixty-four: the input itself
/// decides which.</remarks>
internal sealed class AccessControlListTarget : FuzzTarget
{
    private const int OneIn = 64;

    private static readonly DiskLocation Here = new(StructureKind.AccessControlList, 12, 0);

    private readonly byte[] _written = new byte[4096];
    private readonly byte[] _portable = new byte[(4096 / AccessControlListView.ShortEntrySize * PortableAccessList.EntrySize) + 8];

    /// <inheritdoc/>
    public override string Name => "access-control-list";

    /// <inheritdoc/>
    public override string Description => "access control lists in the volume's form, written anew and made portable";

    /// <inheritdoc/>
    public override long AllocationBudget => 12 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] list = AttributeSeeds.List();
            yield return new("owner-group-others", list);
            byte[] named = new byte[AccessControlListView.HeaderSize + 16 + AccessControlListView.LongEntrySize];
            list.CopyTo(named, 0);
            int at = list.Length;
            AccessControlListWriter.Put(named, ref at, new(AccessListTag.Mask, 7, AccessListEntry.NoIdentity));
            AccessControlListWriter.Put(named, ref at, new(AccessListTag.User, 6, 1000));
            yield return new("with-mask-and-user", named);
            yield return new("header-alone", list[..AccessControlListView.HeaderSize]);
            yield return new("version-two", [2, .. list[1..]]);
            yield return new("one-byte-too-long", [.. list, 0]);
            yield return new("tag-of-nobody", [.. list[..4], 3, .. list[5..]]);
            yield return new("user-without-identity", [.. list[..4], (byte)AccessListTag.User, .. list[5..]]);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("version", [1, 0, 0, 0]),
        new("user", [2, 0, 7, 0, 0xE8, 3, 0, 0]),
        new("group", [8, 0, 7, 0, 0xE8, 3, 0, 0]),
        new("mask", [0x10, 0, 7, 0]),
        new("others", [0x20, 0, 5, 0]),
    ];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length > _written.Length)
        {
            return Verdict.Unfit;
        }

        bool isFine = AccessControlListView.TryParse(input, Here, out AccessControlListView list, out Damage damage);
        Digest digest = isFine ? Read(list) : default;
        Verdict verdict = isFine ? Verdict.Accepted(digest.Value) : Verdict.Damaged(damage);
        if (isFine)
        {
            CheckWritten(list, input.Length, digest);
            CheckPortable(list);
        }

        if (verdict.Digest % OneIn == 0 && WithThrow(input) is var thrown && thrown != verdict)
        {
            throw new FindingException(FindingKind.Contradiction, $"{verdict} without a throw, {thrown} with one");
        }

        return verdict;
    }

    private static Verdict WithThrow(ReadOnlySpan<byte> input)
    {
        try
        {
            return Verdict.Accepted(Read(AccessControlListView.Parse(input, Here)).Value);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
    }

    private static Digest Read(AccessControlListView list)
    {
        Digest digest = default;
        int at = AccessControlListView.HeaderSize;
        for (int index = 0; index < list.EntryCount; index++)
        {
            AccessListEntry entry = list.Read(ref at);
            digest = digest.Add((ulong)entry.Tag).Add(entry.Permissions).Add(entry.Identity);
        }

        return digest;
    }

    private void CheckWritten(AccessControlListView list, int length, Digest digest)
    {
        AccessControlListWriter.Initialise(_written);
        int from = AccessControlListView.HeaderSize;
        int to = from;
        for (int index = 0; index < list.EntryCount; index++)
        {
            AccessControlListWriter.Put(_written, ref to, list.Read(ref from));
        }

        if (to != length || Read(AccessControlListView.Parse(_written.AsSpan(0, to), Here)) != digest)
        {
            throw new FindingException(FindingKind.Contradiction, "a list written anew is another list");
        }
    }

    private void CheckPortable(AccessControlListView list)
    {
        Span<byte> portable = _portable.AsSpan(0, PortableAccessList.SizeOf(list.EntryCount));
        PortableAccessList.Write(list, portable);
        int at = AccessControlListView.HeaderSize;
        for (int index = 0; index < list.EntryCount; index++)
        {
            ReadOnlySpan<byte> bytes = portable.Slice(PortableAccessList.SizeOf(index), PortableAccessList.EntrySize);
            AccessListEntry entry = list.Read(ref at);
            if (Le.U16(bytes, 0) != (ushort)entry.Tag || Le.U16(bytes, 2) != entry.Permissions || Le.U32(bytes, 4) != entry.Identity)
            {
                throw new FindingException(FindingKind.Contradiction, "the portable list says other than the volume's");
            }
        }
    }
}
