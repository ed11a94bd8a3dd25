import Glibc
import Linux

/// A socket of libcurl's while it is open.
final class WatchedSocket {
    let number: Int32
    /// What libcurl waits for, and what the epoll was told; nil before the first time.
    var wanted: Epoll.Events = []
    var watched: Epoll.Events?
    private var isCorked = false

    init(_ number: Int32) { self.number = number }

    /// Holds back what is written, full segments excepted, until `uncork` (TCP_CORK, tcp(7)). What is no TCP socket stays as it is.
    func cork() {
        set(true)
        isCorked = true
    }

    func uncork() {
        guard isCorked else { return }
        set(false)
        isCorked = false
    }

    private func set(_ isOn: Bool) {
        var value: Int32 = isOn ? 1 : 0
        _ = setsockopt(number, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
