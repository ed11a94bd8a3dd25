import Core
import Dispatch
import Glibc
import Linux
import Storage

/// Pings systemd only while the server proves that it works: the writers commit and the HTTP loops answer. A stuck fsync or
/// a spinning loop therefore restarts the service.
final class Watchdog: Sendable {
    private let stopping = Lock(false)

    /// Starts the thread when systemd asked for pings (`WATCHDOG_USEC`).
    static func start(_ server: RunningServer) throws -> Watchdog {
        let watchdog = Watchdog()
        guard let text = getenv("WATCHDOG_USEC").map({ String(cString: $0) }), let micros = text.decimal, micros > 0 else {
            return watchdog
        }
        let notify = Notify.fromEnvironment()
        let interval = useconds_t(min(micros / 3, 10_000_000))
        _ = try Thread.start(named: "watchdog") { [stopping = watchdog.stopping] in
            while !stopping.withLock({ $0 }) {
                if Watchdog.works(server, withinMilliseconds: 5_000) { _ = try? notify.send(.watchdog) }
                usleep(interval)
            }
        }
        return watchdog
    }

    func stop() { stopping.withLock { $0 = true } }

    /// A commit on each file and an answer from the listener, in time.
    static func works(_ server: RunningServer, withinMilliseconds limit: Int) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let beats: @Sendable (Result<Void, any Error>) -> Void = { result in
            if case .success = result { done.signal() }
        }
        server.store.file.writer.beat(completion: beats)
        server.ledger.file.writer.beat(completion: beats)
        let deadline = DispatchTime.now() + .milliseconds(limit)
        guard done.wait(timeout: deadline) == .success, done.wait(timeout: deadline) == .success else { return false }
        return answers(port: server.port, withinMilliseconds: limit)
    }

    private static func answers(port: Int, withinMilliseconds limit: Int) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var patience = timeval(tv_sec: limit / 1_000, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        let request = Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard connected, send(number, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return false }
        var answer = [UInt8](repeating: 0, count: 12)
        return recv(number, &answer, answer.count, Int32(MSG_WAITALL)) == 12 && answer.starts(with: "HTTP/1.1 200".utf8)
    }
}
