using Fuse4fs.Logging;
using Fuse4fs.Native;

namespace Fuse4fs.Dispatch;

/// <summary>All workers of one mount.</summary>
internal sealed class Session<TService> : IDisposable
    where TService : struct, IService
{
    /// <summary>Walks are bounded and shallow; only pages that are touched count.</summary>
    private const int StackBytes = 512 << 10;

    private readonly List<Worker<TService>> _workers = [];
    private readonly CountdownEvent _running;
    private readonly EventLog _log;
    private Errno _end = Errno.NoDevice;
    private int _collectionsBefore;

    /// <summary>Takes all memory that serving needs.</summary>
    /// <param name="channel">The connection, already negotiated.</param>
    /// <param name="first">The worker that the connection was negotiated with.</param>
    /// <param name="newService">Makes what answers one more worker's requests.</param>
    /// <param name="workerCount">Threads; each has a descriptor of its own where the kernel lets it.</param>
    /// <param name="log">Where ends are told.</param>
    /// <param name="observation">What is told of single requests.</param>
    public Session(
        FuseChannel channel, Worker<TService> first, Func<TService> newService, int workerCount, EventLog log, Observation observation)
    {
        _log = log;
        _workers.Add(first);
        while (_workers.Count < workerCount)
        {
            _workers.Add(new(channel.TryClone(out FuseChannel? clone) ? clone : channel, newService(), log, observation));
        }

        _running = new(workerCount);
    }

    /// <summary>Set when the last worker has ended.</summary>
    public WaitHandle Ended => _running.WaitHandle;

    /// <summary>Whether the connection ended as connections do: by unmounting.</summary>
    public bool EndedWell => _end is Errno.NoDevice or Errno.ConnectionAborted;

    /// <summary>One thread for each processor, at least two: more lose, fewer let one slow request block all.</summary>
    public static int DefaultWorkerCount => Math.Max(2, Environment.ProcessorCount);

    /// <summary>Starts serving.</summary>
    public void Start()
    {
        _collectionsBefore = GC.CollectionCount(0);
        for (int index = 0; index < _workers.Count; index++)
        {
            Worker<TService> worker = _workers[index];
            Thread thread = new(() => Serve(worker), StackBytes) { IsBackground = true, Name = $"serve:{index}" };
            thread.Start();
        }
    }

    /// <summary>Tells what was done.</summary>
    public void Report()
    {
        RequestMeter total = new();
        foreach (Worker<TService> worker in _workers)
        {
            if (worker.Meter is not null)
            {
                total.Add(worker.Meter);
            }
        }

        total.Report(_log);
        _log.Write(
            Severity.Info,
            "served",
            ("requests", _workers.Sum(worker => worker.RequestCount)),
            ("allocated", _workers.Sum(worker => worker.AllocatedBytes)),
            ("collections", GC.CollectionCount(0) - _collectionsBefore));
    }

    /// <summary>Gives the memory back, unless a worker still waits for a request that would be written into it.</summary>
    public void Dispose()
    {
        if (_running.IsSet)
        {
            _workers.ForEach(worker => worker.Dispose());
            _running.Dispose();
        }
    }

    private void Serve(Worker<TService> worker)
    {
        Errno end = worker.Serve();
        if (end is not (Errno.NoDevice or Errno.ConnectionAborted))
        {
            _log.Write(Severity.Error, "connection", ("report", Libc.Describe(end)));
            _end = end;
        }

        _ = _running.Signal();
    }
}
