using System.Text;

namespace Ext4Safety.Fuzz.Making;

/// <summary>Commands for debugfs, and the files of the machine that they copy from.</summary>
internal sealed class Script(string directory)
{
    private readonly StringBuilder _commands = new();
    private int _files;

    /// <summary>Adds a command.</summary>
    public void Do(string command) => _commands.Append(command).Append('\n');

    /// <summary>Copies bytes to a file of the volume.</summary>
    public void Write(string name, byte[] contents) => Do($"write {Keep(contents)} {name}");

    /// <summary>Copies a text to a file of the volume.</summary>
    public void Write(string name, string contents) => Write(name, Encoding.ASCII.GetBytes(contents));

    /// <summary>Copies a file with holes: blocks of one byte each, every so many blocks.</summary>
    public void WriteSparse(string name, int blockSize, int count, int stride)
    {
        string path = Keep([]);
        using (FileStream file = File.OpenWrite(path))
        {
            byte[] block = new byte[blockSize];
            for (int index = 0; index < count; index++)
            {
                block.AsSpan().Fill((byte)((index % 250) + 1));
                file.Position = (long)index * stride * blockSize;
                file.Write(block);
            }
        }

        Do($"write {path} {name}");
    }

    /// <summary>Sets an attribute to bytes.</summary>
    public void SetAttribute(string file, string name, byte[] value) => Do($"ea_set -f {Keep(value)} {file} {name}");

    /// <summary>The path of a file that holds the commands.</summary>
    public string Save()
    {
        string path = Path.Combine(directory, "commands");
        File.WriteAllText(path, _commands.ToString());
        return path;
    }

    private string Keep(byte[] contents)
    {
        string path = Path.Combine(directory, $"file-{_files++}");
        File.WriteAllBytes(path, contents);
        return path;
    }
}
