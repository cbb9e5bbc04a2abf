using System.Buffers.Binary;
using Ext4Safety.IntegrationTests.Native;

namespace Ext4Safety.IntegrationTests.Images;

/// <summary>Directories that the kernel encrypts with a key of the tests; the key goes with the mount.</summary>
internal sealed class FillerEncryption(FillerPen pen)
{
    private const int KeySize = 64;
    private const int IdentifierSize = 16;
    private const int DescriptorSize = 8;
    private const byte Aes256Xts = 1;
    private const byte Aes256Cts = 4;

    public void Fill()
    {
        pen.Directory("encrypted");
        byte[] identifier = AddKey(KeyKind.Identifier);
        foreach (byte padding in new byte[] { 0, 3 })
        {
            string directory = $"encrypted/second-{padding}";
            pen.Directory(directory);
            pen.Control(directory, ControlRequest.SetEncryptionPolicy, [2, Aes256Xts, Aes256Cts, padding, 0, 0, 0, 0, .. identifier]);
            FillTree(directory);
        }

        byte[] descriptor = AddKey(KeyKind.Descriptor);
        pen.Directory("encrypted/first");
        pen.Control("encrypted/first", ControlRequest.SetEncryptionPolicy, [0, Aes256Xts, Aes256Cts, 2, .. descriptor]);
        FillTree("encrypted/first");
    }

    private void FillTree(string directory)
    {
        foreach (int length in new[] { 1, 15, 16, 17, 31, 32, 33, 100, 143, 144, 148, 149, 150, 160, 176, 200, 240, 255 })
        {
            pen.File($"{directory}/{new string('n', length)}", length * 100);
        }

        foreach (int length in new[] { 1, 30, 58, 100, 500, 900 })
        {
            pen.SymbolicLink($"{directory}/link-{length}", new string('t', length));
        }

        pen.File($"{directory}/empty", 0);
        pen.File($"{directory}/with-attribute", 100);
        pen.Attribute($"{directory}/with-attribute", "user.plain", "seen without a key"u8);
        pen.Node($"{directory}/fifo", NodeType.Fifo | 0x1A4);
        pen.Node($"{directory}/device", NodeType.CharacterDevice | 0x1A4, 5, 1);
        pen.Directory($"{directory}/below");
        pen.File($"{directory}/below/file", 5000);
        pen.Directory($"{directory}/indexed");
        pen.File($"{directory}/indexed/target", 1);
        for (int index = 0; index < 300; index++)
        {
            pen.HardLink($"{directory}/indexed/target", $"{directory}/indexed/{index}-{new string('i', index % 60)}");
        }
    }

    /// <summary>Gives the kernel the key, and returns what policies call it by.</summary>
    private byte[] AddKey(KeyKind kind)
    {
        const int RawSize = 40;
        const int Raw = 80;
        const int Name = 8;
        byte[] argument = new byte[Raw + KeySize];
        BinaryPrimitives.WriteUInt32LittleEndian(argument, (uint)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(argument.AsSpan(RawSize), KeySize);
        if (kind == KeyKind.Descriptor)
        {
            "ext4safe"u8.CopyTo(argument.AsSpan(Name));
        }

        Noise.Fill(argument.AsSpan(Raw), 4711);
        pen.Control(".", ControlRequest.AddEncryptionKey, argument);
        return argument[Name..(Name + (kind == KeyKind.Descriptor ? DescriptorSize : IdentifierSize))];
    }

    /// <summary>How a policy names its key: by chosen bytes in version 1, by a hash of the key in version 2.</summary>
    private enum KeyKind : uint
    {
        Descriptor = 1,
        Identifier = 2,
    }
}
