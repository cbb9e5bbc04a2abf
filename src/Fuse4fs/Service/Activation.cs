using System.Globalization;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Service;

/// <summary>How a service manager hands over a connection: sd_listen_fds(3).</summary>
internal static class Activation
{
    private const string ProcessVariable = "LISTEN_PID", CountVariable = "LISTEN_FDS";
    private const int FirstDescriptor = 3, MostLeftovers = 1024;

    /// <summary>Takes the connection that this process was started for.</summary>
    /// <returns>Null where it was started for none.</returns>
    /// <exception cref="ProtocolException">It was started for more than one.</exception>
    public static SafeFileHandle? Take()
    {
        if (Number(ProcessVariable) != Environment.ProcessId || Number(CountVariable) is not int count || count < 1)
        {
            return null;
        }

        if (count > 1)
        {
            throw new ProtocolException($"{count} connections were handed over, and one is served");
        }

        CloseLeftovers();
        SafeFileHandle connection = new(FirstDescriptor, ownsHandle: true);
        _ = Libc.ControlDescriptor(connection, Libc.SetDescriptorFlags, Libc.CloseOnExec);
        return connection;
    }

    /// <summary>What else has survived exec was left open by whoever started us: it is not ours to hold. This process's own
    /// descriptors would not survive.</summary>
    private static void CloseLeftovers()
    {
        for (int descriptor = FirstDescriptor + 1; descriptor < MostLeftovers; descriptor++)
        {
            SafeFileHandle file = new(descriptor, ownsHandle: false);
            if (Libc.ControlDescriptor(file, Libc.GetDescriptorFlags, 0) == 0)
            {
                new SafeFileHandle(descriptor, ownsHandle: true).Dispose();
            }
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
