import CLinux
import Glibc

/// Signals as a descriptor to watch instead of handlers that may run anywhere.
///
/// Create it on the main thread before any other thread starts: it blocks the signals there, and
/// threads inherit that mask.
package struct SignalFD: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Watch this for `readable`.
    package var rawDescriptor: Int32 { descriptor.rawValue }

    /// - Parameter signals: such as `[SIGTERM, SIGINT, SIGHUP]`.
    package init(_ signals: [Int32]) throws(Errno) {
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in signals {
            guard sigaddset(&mask, signal) == 0 else { throw .last("sigaddset") }
        }
        let failure = pthread_sigmask(SIG_BLOCK, &mask, nil)
        guard failure == 0 else { throw Errno(call: "pthread_sigmask", code: failure) }
        let number = signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard number >= 0 else { throw .last("signalfd") }
        descriptor = FileDescriptor(owning: number)
    }

    /// The next signal that has arrived, nil if there is none.
    package func next() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        var got = read(descriptor.rawValue, &info, size)
        while got < 0 && errno == EINTR { got = read(descriptor.rawValue, &info, size) }
        return got == size ? Int32(truncatingIfNeeded: info.ssi_signo) : nil
    }

    /// Waits for the next signal. For a main thread that has nothing else to do.
    package func wait() throws(Errno) -> Int32 {
        while true {
            if let signal = next() { return signal }
            var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, -1) < 0 {
                let error = Errno.last("poll")
                if error.code != EINTR { throw error }
            }
        }
    }
}
