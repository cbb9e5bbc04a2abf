using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using FsCheck;
using FsCheck.Fluent;
using TestSupport;

namespace Ext4Core.PropertyTests.Xattrs;

public sealed class AttributeProperties
{
    private const uint File = 12, ValueInode = 14, VerifiedFile = 16, OrphanFile = 18;
    private static readonly DiskLocation Here = new(StructureKind.InodeAttributes, 40, 0x1A0, 12);

    private static readonly Gen<Attribute> Attributes =
        from space in Gen.Choose(0, 11)
        from name in Gen.Choose(1, 255).ListOf()
        from value in Gen.Choose(0, 255).ListOf()
        select new Attribute((AttributeNamespace)space, [.. name.Select(letter => (byte)letter)], [.. value.Select(letter => (byte)letter)]);

    /// <summary>A few bytes of the structures in question, most of them near the start, half of them hugging an edge.</summary>
    private static readonly Gen<Edit> Edits =
        from place in Gen.Choose(0, 6)
        from offset in Gen.OneOf(Gen.Choose(0, 64), Gen.Choose(0, 4095))
        from value in Gen.OneOf(Gen.Elements(0, 1, 4, 0x7F, 0x80, 0xFF), Gen.Choose(0, 255))
        select new Edit(place, offset, (byte)value);

    [Fact]
    public void Written_attributes_read_back_in_their_order() =>
        Prop.ForAll(Attributes.ListOf().ToArbitrary(), attributes =>
        {
            byte[] room = new byte[1024];
            AttributeListWriter writer = new(room, 0);
            List<Attribute> written = [];
            foreach (Attribute attribute in attributes.Where(IsVisible))
            {
                if (writer.TryAdd(attribute.Space, attribute.Name, attribute.Value, 0))
                {
                    written.Add(attribute);
                }
            }

            return Read(AttributeListView.Parse(room, 0, Here)).SequenceEqual(written);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_list_is_refused_or_all_its_names_and_values_lie_inside() =>
        Prop.ForAll(Attributes.ListOf().ToArbitrary(), Edits.ListOf().ToArbitrary(), (attributes, edits) =>
        {
            byte[] room = new byte[256];
            AttributeListWriter writer = new(room, 0);
            foreach (Attribute attribute in attributes.Where(IsVisible))
            {
                _ = writer.TryAdd(attribute.Space, attribute.Name, attribute.Value, 0);
            }

            foreach (Edit edit in edits)
            {
                room[edit.Offset % room.Length] = edit.Value;
            }

            try
            {
                return Read(AttributeListView.Parse(room, 0, Here)).Count <= room.Length / AttributeEntryView.FixedSize;
            }
            catch (CorruptionException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_access_list_is_refused_or_has_a_form_for_user_space() =>
        Prop.ForAll(Gen.Choose(0, 255).ListOf().ToArbitrary(), Gen.Choose(0, 20).ToArbitrary(), (noise, count) =>
        {
            byte[] bytes = new byte[200];
            AccessControlListWriter.Initialise(bytes);
            int length = AccessControlListView.HeaderSize;
            AccessListTag[] tags =
            [
                AccessListTag.Owner, AccessListTag.User, AccessListTag.OwningGroup, AccessListTag.Group, AccessListTag.Mask,
                AccessListTag.Other,
            ];
            for (int index = 0; index < count; index++)
            {
                int pick = index < noise.Count ? noise[index] : index;
                AccessControlListWriter.Put(bytes, ref length, new(tags[pick % tags.Length], (ushort)(pick & 7), (uint)pick));
            }

            try
            {
                AccessControlListView list = AccessControlListView.Parse(bytes.AsSpan(0, length), Here);
                PortableAccessList.Write(list, new byte[PortableAccessList.SizeOf(list.EntryCount)]);
                return list.EntryCount == count;
            }
            catch (CorruptionException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_edits_end_in_an_answer_or_a_damage_report() =>
        Prop.ForAll(Edits.NonEmptyListOf().ToArbitrary(), Gen.Choose(0, 1).ToArbitrary(), (edits, sealing) =>
        {
            TinyVolume image = Typical(out uint[] blocks, hasChecksums: false);
            foreach (Edit edit in edits)
            {
                Span<byte> place = edit.Place switch
                {
                    0 => image.Inode(File),
                    1 => image.Inode(ValueInode),
                    2 => image.Inode(VerifiedFile),
                    3 => image.Inode(OrphanFile),
                    _ => image.Block(blocks[(edit.Place - 4) % blocks.Length]),
                };
                place[edit.Offset % place.Length] = edit.Value;
            }

            image.Superblock[SuperblockView.SLastOrphan] = (byte)(sealing * (int)edits[0].Value);
            using Volume volume = image.Mount();
            Workspace workspace = volume.CreateWorkspace();
            foreach (uint number in (uint[])[File, ValueInode, VerifiedFile, OrphanFile])
            {
                Exercise(volume, workspace, number);
            }

            Attempt(() => volume.CountOrphans(workspace));
            return true;
        }).QuickCheckThrowOnFailure();

    private static void Exercise(Volume volume, Workspace workspace, uint claim)
    {
        byte[] buffer = new byte[70_000];
        volume.Admit(new ClaimedInode(claim), out InodeNumber number);
        Attempt(() => volume.Stat(workspace, number, out _));
        Attempt(() => volume.ListAttributes(workspace, number, true, buffer, out _));
        Attempt(() => volume.GetAttribute(workspace, number, "user.big"u8, buffer, out _));
        Attempt(() => volume.GetAttribute(workspace, number, "user.outside"u8, buffer, out _));
        Attempt(() => volume.GetAttribute(workspace, number, "system.posix_acl_access"u8, buffer, out _));
        Attempt(() => volume.GetAttribute(workspace, number, "system.posix_acl_access"u8, default, out _));
        Attempt(() => volume.Read(workspace, number, 0, buffer, out _));
        Attempt(() => volume.Read(workspace, number, 1500, buffer.AsSpan(0, 100), out _));
        Attempt(() => volume.Read(workspace, number, long.MaxValue - 100, buffer.AsSpan(0, 100), out _));
    }

    private static void Attempt(Action operation)
    {
        try
        {
            operation();
        }
        catch (CorruptionException)
        {
            // A report is an answer.
        }
    }

    private static TinyVolume Typical(out uint[] blocks, bool hasChecksums)
    {
        TinyVolume image = new(
            features: IncompatibleFeatures.AttributeInodes | IncompatibleFeatures.InlineData,
            readOnlyFeatures: ReadOnlyCompatibleFeatures.Verity,
            hasChecksums: hasChecksums);
        image.AddInlineFile(File, "inline contents"u8);
        uint checksum = image.AddValueInode(ValueInode, new byte[3000]);
        uint outside = image.AddAttributeBlock(File);
        AttributeListWriter writer = new(image.Block(outside), AttributeBlockView.HeaderSize);
        _ = writer.TryAddReference(AttributeNamespace.User, "big"u8, ValueInode, 3000, AttributeHash.OfEntry("big"u8, checksum));
        _ = writer.TryAdd(AttributeNamespace.User, "outside"u8, "value"u8, 0);
        _ = writer.TryAdd(AttributeNamespace.AccessList, default, [1, 0, 0, 0, 1, 0, 7, 0], 0);
        image.SealAttributeBlock(outside);
        VerityFile file = new(image, VerifiedFile, new byte[40_000], isLong: false, 10, [5]);
        uint orphans = image.AddFile(OrphanFile, new byte[1024]);
        OrphanBlockWriter.Seal(image.Block(orphans), orphans, 0);
        Le.PutU32(image.Superblock, SuperblockView.SOrphanFileInum, OrphanFile);
        Le.PutU32(image.Superblock, SuperblockView.SFeatureCompat, (uint)CompatibleFeatures.OrphanFile);
        blocks = [outside, file.Descriptor, file.Tree];
        return image;
    }

    private static bool IsVisible(Attribute attribute) =>
        attribute.Name.Length <= 255 && (attribute.Space != default || attribute.Name.Length > 0);

    private static List<Attribute> Read(AttributeListView list)
    {
        List<Attribute> read = [];
        int position = list.Start;
        while (list.TryRead(ref position, out AttributeEntryView entry))
        {
            byte[] value = entry.ValueInode.Value == 0 ? list.ValueOf(entry).ToArray() : [];
            read.Add(new(entry.Namespace, entry.Name.ToArray(), value));
        }

        return read;
    }

    private sealed record Attribute(AttributeNamespace Space, byte[] Name, byte[] Value)
    {
        public bool Equals(Attribute? other) =>
            other is not null && Space == other.Space && Name.AsSpan().SequenceEqual(other.Name) && Value.AsSpan().SequenceEqual(other.Value);

        public override int GetHashCode() => HashCode.Combine(Space, Name.Length, Value.Length);
    }

    private sealed record Edit(int Place, int Offset, byte Value);
}
