import CCurl
import Linux

/// What libcurl wants to be woken for: the sockets of some multi handles, in one epoll, and a timer of each.
///
/// Belongs to its `Multi` and to that one's thread.
final class SocketWatch {
    private let epoll: Epoll
    private var batch = Epoll.Batch(capacity: 64)
    private let time = SystemTime()
    private var watched: [Watched] = []
    private(set) var failure: CurlError?

    /// One multi handle, as its callbacks know it.
    private final class Watched {
        unowned let watch: SocketWatch
        let handle: UnsafeMutableRawPointer
        let number: Int
        /// Monotonic milliseconds.
        var deadline: Int64?

        init(_ watch: SocketWatch, _ handle: UnsafeMutableRawPointer, number: Int) {
            (self.watch, self.handle, self.number) = (watch, handle, number)
        }
    }

    /// Takes over the sockets and timers of the multi handles, which must not outlive this object in use.
    init(_ handles: [UnsafeMutableRawPointer]) throws(CurlError) {
        do { epoll = try Epoll() } catch { throw CurlError(call: error.call, code: error.code) }
        for (number, handle) in handles.enumerated() {
            let watched = Watched(self, handle, number: number)
            self.watched.append(watched)
            try attach(watched)
        }
    }

    /// Readable when `wait` would find something.
    var rawDescriptor: Int32 { epoll.rawDescriptor }

    /// When the first timer is due, in monotonic milliseconds.
    var deadline: Int64? { watched.reduce(nil) { first, one in one.deadline.map { min($0, first ?? $0) } ?? first } }

    private func attach(_ watched: Watched) throws(CurlError) {
        let context = Unmanaged.passUnretained(watched).toOpaque()
        let socket = ccurl_multi_set_socket(watched.handle, { _, socket, action, context, known in
            guard let context else { return 0 }
            let watched = Unmanaged<Watched>.fromOpaque(context).takeUnretainedValue()
            watched.watch.watch(socket, action, of: watched, isKnown: known != nil)
            return 0
        }, context)
        let timer = ccurl_multi_set_timer(watched.handle, { _, milliseconds, context in
            guard let context else { return 0 }
            let watched = Unmanaged<Watched>.fromOpaque(context).takeUnretainedValue()
            watched.deadline = milliseconds < 0 ? nil : watched.watch.time.monotonicMilliseconds + Int64(milliseconds)
            return 0
        }, context)
        guard socket == CURLM_OK, timer == CURLM_OK else {
            throw CurlError(call: "CURLMOPT_SOCKETFUNCTION", code: max(socket.rawValue, timer.rawValue))
        }
    }

    /// Waits for sockets until a timer is due, at most so long, and tells which are ready, by the number of their handle.
    func wait(atMostMilliseconds limit: Int32, _ ready: (Int, Int32, Int32) -> Void) throws(CurlError) {
        do {
            try epoll.wait(&batch, timeoutMilliseconds: patience(limit))
        } catch {
            throw CurlError(call: error.call, code: error.code)
        }
        for index in 0..<batch.count {
            let (token, events) = batch[index]
            ready(Int(token >> 32), Int32(truncatingIfNeeded: token), Self.mask(events))
        }
    }

    /// A handle whose timer is due; it is used up, and libcurl sets another when it wants one.
    func takeDue() -> Int? {
        guard let deadline else { return nil }
        let now = time.monotonicMilliseconds
        guard deadline <= now, let due = watched.first(where: { $0.deadline.map { $0 <= now } ?? false }) else { return nil }
        due.deadline = nil
        return due.number
    }

    private func patience(_ limit: Int32) -> Int32 {
        guard limit != 0, let deadline else { return limit }
        let left = Int32(clamping: max(0, deadline - time.monotonicMilliseconds))
        return limit < 0 ? left : min(limit, left)
    }

    private func watch(_ socket: curl_socket_t, _ action: Int32, of watched: Watched, isKnown: Bool) {
        if action == CURL_POLL_REMOVE {
            epoll.remove(socket)
            return
        }
        var events: Epoll.Events = []
        if action & CURL_POLL_IN != 0 { events.insert(.readable) }
        if action & CURL_POLL_OUT != 0 { events.insert(.writable) }
        let token = UInt64(UInt32(bitPattern: socket)) | UInt64(watched.number) << 32
        do throws(Errno) {
            if isKnown {
                try epoll.modify(socket, events, token: token)
            } else {
                try epoll.add(socket, events, token: token)
                // Any pointer will do: it comes back with the next change of this socket.
                curl_multi_assign(watched.handle, socket, Unmanaged.passUnretained(watched).toOpaque())
            }
        } catch {
            failure = CurlError(call: error.call, code: error.code)
        }
    }

    private static func mask(_ events: Epoll.Events) -> Int32 {
        var mask: Int32 = 0
        if !events.isDisjoint(with: [.readable, .hangUp, .readHangUp]) { mask |= CURL_CSELECT_IN }
        if events.contains(.writable) { mask |= CURL_CSELECT_OUT }
        if events.contains(.error) { mask |= CURL_CSELECT_ERR }
        return mask
    }
}
