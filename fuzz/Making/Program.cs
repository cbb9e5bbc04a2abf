using Ext4Safety.Fuzz.Making;
using Ext4Safety.Fuzz.Volumes;

if (args.Length is 0 || args[0].StartsWith('-'))
{
    Console.Error.WriteLine("usage: dotnet run --project fuzz/Making -- DIRECTORY [NAME...]");
    Console.Error.WriteLine("Makes the volumes that fuzzing starts from, packed, into fuzz/Harness/Volumes/Images or elsewhere.");
    return 2;
}

if (Tool.Version is null)
{
    Console.Error.WriteLine("mke2fs is not installed: the volumes are made with e2fsprogs");
    return 1;
}

Directory.CreateDirectory(args[0]);
foreach (VolumeRecipe recipe in VolumeRecipe.All.Where(recipe => args.Length == 1 || args.Contains(recipe.Name, StringComparer.Ordinal)))
{
    SparseImage image = VolumeMaker.Make(recipe);
    string path = Path.Combine(args[0], recipe.Name + BaseVolumes.Extension);
    using FileStream file = File.Create(path);
    image.Save(file);
    Console.WriteLine($"{recipe.Name}: {image.Length >> 10} KiB, {image.Pages.Length} KiB of it not zeros, packed to {file.Length} bytes");
}

return 0;
