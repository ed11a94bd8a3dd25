import CLinux
import Glibc

/// A listening socket from the service manager (sd_listen_fds(3)): it holds the queue of connections while this program is
/// restarted, so that nobody is refused.
package enum InheritedSocket {
    package enum Problem: Error, Equatable, CustomStringConvertible {
        case count(Int)
        case notListening(Int32)
        case malformed(String)

        package var description: String {
            switch self {
            case .count(let count): "LISTEN_FDS hands over \(count) sockets: configure one in the .socket unit"
            case .notListening(let number): "descriptor \(number) of LISTEN_FDS is no listening TCP socket: use ListenStream=host:port in the .socket unit"
            case .malformed(let name): "\(name) is not a number"
            }
        }
    }

    /// First descriptor that is handed over (SD_LISTEN_FDS_START).
    private static let first: Int32 = 3

    /// The socket meant for this process, if any; nil when nothing was, or it was for another one (`LISTEN_PID`).
    /// It stays open until the process ends, closed on exec from now on, and the variables are gone: no child takes them for its own.
    package static func take() throws(Problem) -> Int32? {
        let pid = getenv("LISTEN_PID").map { String(cString: $0) }
        let fds = getenv("LISTEN_FDS").map { String(cString: $0) }
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { _ = unsetenv(name) }
        guard let pid, let fds else { return nil }
        guard let owner = number(pid) else { throw .malformed("LISTEN_PID") }
        guard owner == Int(getpid()) else { return nil }
        guard let count = number(fds) else { throw .malformed("LISTEN_FDS") }
        guard count > 0 else { return nil }
        for index in 0..<min(count, 1_024) { _ = clinux_close_on_exec(first + Int32(index)) }
        guard count == 1 else { throw .count(count) }
        guard isListening(first) else { throw .notListening(first) }
        return first
    }

    private static func isListening(_ descriptor: Int32) -> Bool {
        func option(_ name: Int32) -> Int32? {
            var value: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
        }
        guard let family = option(SO_DOMAIN), family == AF_INET || family == AF_INET6 else { return false }
        return option(SO_TYPE) == Int32(SOCK_STREAM.rawValue) && option(SO_ACCEPTCONN) == 1
    }

    /// Digits alone, at most nine.
    private static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return text.utf8.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
