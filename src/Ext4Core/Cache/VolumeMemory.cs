using Ext4Core.Geometry;
using Ext4Core.Io;

namespace Ext4Core.Cache;

/// <summary>Memory that volumes use one after the other: what one took at its mount is there for the next.</summary>
/// <remarks>For whoever mounts many volumes in turn. It serves one volume at a time, from its mount until it is disposed of, its
/// workspaces included. No byte of one volume is seen by the next: blocks are filled from the device before they are read.</remarks>
public sealed class VolumeMemory
{
    private readonly Lock _gate = new();
    private readonly Shelf<BlockCache> _caches = new();
    private readonly Shelf<byte[]> _scratch = new();
    private bool _isInUse;

    /// <summary>Starts its use by one volume.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            if (_isInUse)
            {
                throw new InvalidOperationException("the memory is in use by another volume");
            }

            _isInUse = true;
        }
    }

    /// <summary>Ends that use: the volume and its workspaces are not touched again.</summary>
    internal void End()
    {
        lock (_gate)
        {
            foreach (BlockCache cache in _caches.Taken)
            {
                cache.Clear();
            }

            _caches.PutBack();
            _scratch.PutBack();
            _isInUse = false;
        }
    }

    /// <summary>An empty cache of about <paramref name="bytes"/> bytes.</summary>
    internal BlockCache TakeCache(BlockReader reader, VolumeGeometry geometry, long bytes)
    {
        lock (_gate)
        {
            BlockCache cache = _caches.Take(
                CacheShape.For(geometry, bytes), static (cache, shape) => cache.Shape == shape, static shape => new(shape));
            cache.ReadFrom(reader);
            return cache;
        }
    }

    /// <summary>Bytes of any contents, at an address that does not change.</summary>
    internal byte[] TakeScratch(int size)
    {
        lock (_gate)
        {
            return _scratch.Take(
                size, static (bytes, size) => bytes.Length == size, static size => GC.AllocateUninitializedArray<byte>(size, pinned: true));
        }
    }

    /// <summary>Things of a kind: those that are taken come first.</summary>
    private sealed class Shelf<T>
    {
        private T[] _things = [];
        private int _takenCount;

        public ReadOnlySpan<T> Taken => _things.AsSpan(0, _takenCount);

        /// <summary>Takes one that fits, or else a new one.</summary>
        public T Take<TShape>(TShape shape, Func<T, TShape, bool> fits, Func<TShape, T> make)
        {
            int index = _takenCount;
            while (index < _things.Length && !fits(_things[index], shape))
            {
                index++;
            }

            if (index == _things.Length)
            {
                _things = [.. _things, make(shape)];
            }

            T thing = _things[index];
            _things[index] = _things[_takenCount];
            _things[_takenCount] = thing;
            _takenCount++;
            return thing;
        }

        public void PutBack() => _takenCount = 0;
    }
}
