using System.Text;
using Ext4Core.Layout;

namespace Ext4Safety.Fuzz.Making;

/// <summary>What is written to the volumes. Names and texts repeat themselves, so that the volumes pack well.</summary>
internal static class Contents
{
    /// <summary>A file, a directory with a file, a link.</summary>
    public static void Few(Script script, VolumeRecipe recipe)
    {
        script.Write("plain", new string('p', 1500));
        script.Do("mkdir few");
        script.Write("few/small", "a few bytes");
        script.Do("symlink short-link plain");
        script.Do("ea_set plain user.short value");
    }

    /// <summary>Every kind of inode, every form of data, and a directory with an index.</summary>
    public static void Usual(Script script, VolumeRecipe recipe)
    {
        script.Write("plain", new string('p', 3000));
        script.Write("small", "a few bytes");
        script.Write("middling", new string('m', 100));
        script.Write("empty", "");
        script.Do("symlink short-link plain");
        script.Do($"symlink long-link {new string('l', 200)}");
        script.Do("mknod pipe p");
        script.Do("mknod characters c 1 3");
        script.Do("mknod blocks b 7 300");
        script.Do("mkdir few");
        script.Do("mkdir few/deep");
        script.Do("mkdir few/deep/deeper");
        script.Do("ln small few/another-name");
        Link(script, recipe, "many", recipe.BlockSize >= 4096 ? 130 : 60, "-of-a-directory-with-an-index");
        script.WriteSparse("fragmented", recipe.BlockSize, recipe.BlockSize > 4096 ? 6 : 12, 2);
        script.WriteSparse("far", recipe.BlockSize, 3, recipe.BlockSize > 4096 ? 40 : 4000);
        script.Do("ea_set plain user.short value");
        if (recipe.Has("ext_attr"))
        {
            script.SetAttribute("plain", "user.long", Filled('v', Math.Min(recipe.BlockSize, 4096) / 2));
            script.Do("ea_set many security.label here");
        }

        if (recipe.Has("ea_inode"))
        {
            script.SetAttribute("small", "user.huge", Filled('w', 5 * 1024));
        }
    }

    /// <summary>Names that differ in case only, in directories that fold it.</summary>
    public static void WithoutCase(Script script, VolumeRecipe recipe)
    {
        Usual(script, recipe);
        script.Do("mkdir folded");
        script.Do("sif folded flags 0x40080000");
        Link(script, recipe, "folded/many", 130, "-OF-A-Directory-Without-CASE", "sif folded/many flags 0x40080000");
        script.Do("ln small folded/Stra\u00DFe");
        script.Do("ln small folded/\u01C5ungla");
    }

    /// <summary>Names so long that an index of two levels is due.</summary>
    public static void DeepIndex(Script script, VolumeRecipe recipe)
    {
        script.Write("small", "a few bytes");
        Link(script, recipe, "many", 380, new('n', 240));
    }

    /// <summary>Runs of one block, so many that the tree needs two levels below its root.</summary>
    public static void DeepExtents(Script script, VolumeRecipe recipe)
    {
        script.WriteSparse("fragmented", recipe.BlockSize, 360, 2);
        script.Write("small", "a few bytes");
    }

    /// <summary>A block under each of the three pointers in the inode that lead to pointers.</summary>
    public static void DeepIndirect(Script script, VolumeRecipe recipe)
    {
        script.WriteSparse("single", recipe.BlockSize, 8, 3);
        script.WriteSparse("double", recipe.BlockSize, 4, 300);
        script.WriteSparse("triple", recipe.BlockSize, 3, 66_000);
    }

    /// <summary>A directory, a file and two links whose names and targets are ciphertext.</summary>
    public static void Encrypted(Script script, VolumeRecipe recipe)
    {
        script.Write("plain", new string('p', 3000));
        script.Do("mkdir secret");
        script.Do("expand_dir secret");
        script.Do("expand_dir secret");
        script.Do("expand_dir secret");
        script.Do("cd secret");
        script.Do("mkdir ABCDEFGHIJKLMNOP");
        script.Write("ciphertext-of-32-bytes-in-length", new string('c', 4096));
        script.Do($"symlink QRSTUVWXYZABCDEF x{new string('t', 100)}");
        script.Do("symlink fast-link-name-x x0123456789abcdefghij");
        for (int index = 0; index < 40; index++)
        {
            script.Do($"ln ciphertext-of-32-bytes-in-length a-name-of-48-bytes-{index:d4}-bcdefghijklmnopqrstuvwx");
        }

        script.Do("cd /");
        foreach (string name in Finishing.EncryptedNames)
        {
            script.SetAttribute(name, "user.c", Finishing.EncryptionContext);
        }
    }

    /// <summary>Files of fs-verity: trees and descriptors lie behind their data.</summary>
    public static void Verity(Script script, VolumeRecipe recipe)
    {
        foreach (VerityRecipe file in VerityRecipe.All)
        {
            script.Write(file.Name, file.Build(recipe.BlockSize));
            script.Do($"sif {file.Name} size {file.DataSize}");
            script.Do($"sif {file.Name} flags 0x{(uint)(InodeFlags.Extents | InodeFlags.Verity):x}");
        }

        script.Write("plain", new string('p', 3000));
    }

    /// <summary>Values too long to lie beside their names, two of them the same.</summary>
    public static void LongValues(Script script, VolumeRecipe recipe)
    {
        Few(script, recipe);
        script.Write("small", "a few bytes");
        script.SetAttribute("small", "user.huge", Filled('w', 5 * 1024));
        script.SetAttribute("plain", "user.huge", Filled('w', 5 * 1024));
        script.SetAttribute("few", "user.huger", Filled('x', 40 * 1024));
        script.SetAttribute("few", "trusted.long", Filled('y', 900));
    }

    /// <summary>Attributes of every namespace in inodes and blocks, and access control lists.</summary>
    public static void Attributes(Script script, VolumeRecipe recipe)
    {
        Few(script, recipe);
        byte[] list =
        [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 232, 3, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
            16, 0, 6, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255,
        ];
        for (int index = 0; index < 3; index++)
        {
            string name = $"file-{index}";
            script.Write(name, new string('f', 100 * index));
            script.SetAttribute(name, "system.posix_acl_access", list);
            script.SetAttribute(name, "user.long", Filled('v', 300));
            script.Do($"ea_set {name} trusted.overlay yes");
            script.Do($"ea_set {name} security.label system_u:object_r:file_t");
            script.Do($"ea_set {name} user.number-{index} {index}");
        }

        script.SetAttribute("few", "system.posix_acl_default", list);
        script.SetAttribute("few", "user.empty", []);
    }

    private static void Link(Script script, VolumeRecipe recipe, string directory, int count, string ending, params IEnumerable<string> first)
    {
        script.Do($"mkdir {directory}");
        foreach (string command in first)
        {
            script.Do(command);
        }

        for (int grown = 0; grown < count * (ending.Length + 24) / recipe.BlockSize; grown++)
        {
            script.Do($"expand_dir {directory}");
        }

        script.Do($"ln small {directory}/first");
        script.Do($"cd {directory}");
        for (int index = 0; index < count; index++)
        {
            script.Do($"ln first entry-{index:d4}{ending}");
        }

        script.Do("cd /");
    }

    private static byte[] Filled(char letter, int length) => Encoding.ASCII.GetBytes(new string(letter, length));
}
