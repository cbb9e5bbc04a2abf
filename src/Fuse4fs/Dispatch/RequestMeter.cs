using System.Diagnostics;
using System.Globalization;
using Fuse4fs.Logging;
using Fuse4fs.Wire;

namespace Fuse4fs.Dispatch;

/// <summary>What requests cost, by opcode: for one worker, then summed up.</summary>
internal sealed class RequestMeter
{
    /// <summary>Opcodes beyond the table are counted under 0.</summary>
    private const int OpcodeCount = 64;

    private readonly long[] _counts = new long[OpcodeCount], _ticks = new long[OpcodeCount], _allocated = new long[OpcodeCount];

    /// <summary>The state before a request.</summary>
    public static (long Ticks, long Allocated) Start() => (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());

    /// <summary>Counts a request that began at <paramref name="start"/>.</summary>
    public void Stop(Opcode opcode, (long Ticks, long Allocated) start)
    {
        int index = (uint)opcode < OpcodeCount ? (int)opcode : 0;
        _counts[index]++;
        _ticks[index] += Stopwatch.GetTimestamp() - start.Ticks;
        _allocated[index] += GC.GetAllocatedBytesForCurrentThread() - start.Allocated;
    }

    /// <summary>Adds what another worker counted.</summary>
    public void Add(RequestMeter other)
    {
        for (int index = 0; index < OpcodeCount; index++)
        {
            _counts[index] += other._counts[index];
            _ticks[index] += other._ticks[index];
            _allocated[index] += other._allocated[index];
        }
    }

    /// <summary>One line for each opcode that was asked.</summary>
    public void Report(EventLog log)
    {
        for (int index = 0; index < OpcodeCount; index++)
        {
            if (_counts[index] > 0)
            {
                TimeSpan mean = Stopwatch.GetElapsedTime(0, _ticks[index]) / _counts[index];
                log.Write(
                    Severity.Info,
                    "timing",
                    ("opcode", (Opcode)index),
                    ("requests", _counts[index]),
                    ("mean_us", mean.TotalMicroseconds.ToString("F2", CultureInfo.InvariantCulture)),
                    ("allocated", _allocated[index]));
            }
        }
    }
}
