namespace Ext4Safety.Fuzz.Volumes;

/// <summary>Inputs of the whole-volume targets to start from.</summary>
internal static class VolumeSeeds
{
    /// <summary>Each base volume as it is, mounted in each way that means something for it.</summary>
    public static IEnumerable<Seed> Sound
    {
        get
        {
            foreach (BaseVolume volume in BaseVolumes.All)
            {
                if (volume.Id == BaseVolumes.ZerosId)
                {
                    continue;
                }

                yield return new(volume.Name, new VolumeInputWriter(volume, InputFlags.Sealed).ToArray());
                yield return new(
                    volume.Name + "-without-journal",
                    new VolumeInputWriter(volume, InputFlags.Sealed | InputFlags.SkipJournal).ToArray());
            }
        }
    }

    /// <summary>Each base volume with a program that asks every question once.</summary>
    public static IEnumerable<Seed> WithOperations => BaseVolumes.All.Where(volume => volume.Id != BaseVolumes.ZerosId).Select(
        volume => new Seed(volume.Name, new VolumeInputWriter(volume, InputFlags.Sealed)
            .Add(RecordKind.List, 2, 0, 16)
            .Add(RecordKind.LookupListed, 2, 3)
            .Add(RecordKind.Stat, 0)
            .Add(RecordKind.Lookup, "plain"u8, 2)
            .Add(RecordKind.Read, 0, 100, 2000)
            .Add(RecordKind.Map, 0, 0, 4096)
            .Add(RecordKind.SeekHole, 0, 0)
            .Add(RecordKind.SeekData, 0, 1)
            .Add(RecordKind.BlockOf, 0, 1)
            .Add(RecordKind.ListAttributes, 0, 256)
            .Add(RecordKind.GetAttribute, "user.short"u8, 0, 64)
            .Add(RecordKind.Lookup, "short-link"u8, 2)
            .Add(RecordKind.ReadLink, 0, 100)
            .Add(RecordKind.Remount)
            .Add(RecordKind.Statistics)
            .Add(RecordKind.MultipleMount)
            .Add(RecordKind.CountOrphans)
            .ToArray()));
}
