import Glibc
package import Linux
import Synchronization

/// An HTTP/1.1 server on sockets and epoll: one loop per thread, each with its own listener.
package final class Server: Sendable {
    private let configuration: ServerConfiguration
    private let loops: [EventLoop]
    private let census: ConnectionCensus
    private let time: any TimeSource
    private let threads = Lock<[Thread]>([])
    private let hasStarted = Lock(false)

    /// Prepares the loops; nothing listens yet.
    package convenience init(_ configuration: ServerConfiguration, router: Router) throws {
        try self.init(configuration, router: router, time: SystemTime())
    }

    package init(_ configuration: ServerConfiguration, router: Router, time: any TimeSource) throws {
        self.configuration = configuration
        self.time = time
        census = ConnectionCensus(
            limit: configuration.maxConnections, perAddress: configuration.maxConnectionsPerAddress)
        let process = String(UInt64.random(in: .min ... .max), radix: 36)
        var loops: [EventLoop] = []
        for index in 0..<max(1, configuration.loops) {
            loops.append(try EventLoop(
                configuration, router: router, census: census, time: time, idPrefix: "req_\(process)-\(index)-"))
        }
        self.loops = loops
    }

    /// Serves on a socket that listens already, shared by all loops: what waits in its queue is not lost when this process
    /// ends, as long as somebody else holds it too.
    ///
    /// - Parameter socket: stays the caller's.
    /// - Returns: its port.
    package func start(on socket: Int32) throws -> Int {
        var port = 0
        for loop in loops {
            let listener = try Listener(sharing: socket)
            port = listener.port
            try loop.listen(listener)
        }
        try run()
        return port
    }

    /// Binds and serves.
    ///
    /// - Throws: `Errno`; EADDRINUSE when another socket listens on the port, also one that would share it.
    /// - Returns: the port, of interest if the configuration left it to the system.
    package func start() throws -> Int {
        // libssl writes with write(2), which raises it when a peer has gone.
        if configuration.tls != nil { signal(SIGPIPE, SIG_IGN) }
        var port = configuration.port
        if port != 0 { try Listener.check(host: configuration.host, port: port) }
        for loop in loops {
            let listener = try Listener(host: configuration.host, port: port, backlog: configuration.backlog)
            port = listener.port
            try loop.listen(listener)
        }
        try run()
        return port
    }

    private func run() throws {
        for (index, loop) in loops.enumerated() {
            let thread = try Thread.start(named: "http-loop-\(index)") { loop.run() }
            threads.withLock { $0.append(thread) }
        }
        hasStarted.withLock { $0 = true }
    }

    /// Closes every connection after its next answer, but takes new ones still: for the moment between `not ready` and `drain`
    /// in which those who balance load look elsewhere.
    package func sayGoodbye() {
        for loop in loops { loop.tell(.sayGoodbye) }
    }

    /// Calls `done` on every loop, when it comes round to it: none that is stuck does.
    ///
    /// - Returns: how many calls there will be.
    package func tick(_ done: @escaping @Sendable () -> Void) -> Int {
        for loop in loops { loop.tell(.tick(done)) }
        return loops.count
    }

    /// Stops: takes no more connections, lets running requests finish with `Connection: close`, and after
    /// `drainMilliseconds` cuts what is left. Handlers that still run find their connection gone.
    package func drain() async {
        guard hasStarted.withLock({ $0 }) else { return }
        let until = time.monotonicMilliseconds + configuration.drainMilliseconds
        await withTaskGroup { group in
            for loop in loops {
                group.addTask {
                    await withUnsafeContinuation { loop.tell(.drain(until: until, $0)) }
                }
            }
        }
    }

    /// Waits until the loops' threads have ended, after `drain`. Blocks: not from a task.
    package func join() {
        let ended = threads.withLock { threads in
            let ended = threads
            threads = []
            return ended
        }
        ended.forEach { $0.join() }
    }

    /// Waits for the same without blocking, but not for ever: a handler that never returns keeps its loop.
    package func hasJoined(withinMilliseconds limit: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            let waiting = Lock<CheckedContinuation<Bool, Never>?>(continuation)
            @Sendable func answer(_ value: Bool) {
                let waiter = waiting.withLock { waiter in
                    defer { waiter = nil }
                    return waiter
                }
                waiter?.resume(returning: value)
            }
            let joiner = try? Thread.start(named: "http-join") { [self] in
                join()
                answer(true)
            }
            guard joiner != nil else { return answer(false) }
            Task {
                try? await Task.sleep(for: .milliseconds(limit))
                answer(false)
            }
        }
    }

    package var counters: ServerCounters {
        var counters = ServerCounters(active: census.count)
        for loop in loops {
            counters.accepted += loop.counters.accepted.load(ordering: .relaxed)
            counters.requests += loop.counters.requests.load(ordering: .relaxed)
            counters.rejected.merge(loop.counters.rejections, uniquingKeysWith: +)
        }
        return counters
    }
}
