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
}
