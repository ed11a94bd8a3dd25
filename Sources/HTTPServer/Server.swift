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
        for (index, loop) in loops.enumerated() {
            let thread = try Thread.start(named: "http-loop-\(index)") { loop.run() }
            threads.withLock { $0.append(thread) }
        }
        hasStarted.withLock { $0 = true }
        return port
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
