import CCurl
import Linux

/// What libcurl wants to be woken for: sockets, in an epoll of its own, and one timer.
///
/// Belongs to its `Multi` and to that one's thread.
final class SocketWatch {
    private let epoll: Epoll
    private var batch = Epoll.Batch(capacity: 64)
    private let time = SystemTime()
    /// Monotonic milliseconds.
    private(set) var deadline: Int64?
    private(set) var failure: CurlError?

    init() throws(CurlError) {
        do { epoll = try Epoll() } catch { throw CurlError(call: error.call, code: error.code) }
    }

    /// Readable when `wait` would find something.
    var rawDescriptor: Int32 { epoll.rawDescriptor }

    /// Takes over the multi handle's sockets and timer; this object must outlive it.
    func attach(to multi: UnsafeMutableRawPointer) throws(CurlError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let socket = ccurl_multi_set_socket(multi, { _, socket, action, context, known in
            guard let context else { return 0 }
            Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue()
                .watch(socket, action, isKnown: known != nil)
            return 0
        }, context)
        let timer = ccurl_multi_set_timer(multi, { _, milliseconds, context in
            guard let context else { return 0 }
            Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
            return 0
        }, context)
        guard socket == CURLM_OK, timer == CURLM_OK else {
            throw CurlError(call: "CURLMOPT_SOCKETFUNCTION", code: max(socket.rawValue, timer.rawValue))
        }
        self.multi = multi
    }

    private var multi: UnsafeMutableRawPointer?

    /// Waits for sockets until the timer is due, at most so long, and tells which are ready.
    func wait(atMostMilliseconds limit: Int32, _ ready: (Int32, Int32) -> Void) throws(CurlError) {
        do {
            try epoll.wait(&batch, timeoutMilliseconds: patience(limit))
        } catch {
            throw CurlError(call: error.call, code: error.code)
        }
        for index in 0..<batch.count {
            let (token, events) = batch[index]
            ready(Int32(truncatingIfNeeded: token), Self.mask(events))
        }
    }

    /// Whether the timer is due; if so it is used up, and libcurl sets another when it wants one.
    func takeDue() -> Bool {
        guard let deadline, deadline <= time.monotonicMilliseconds else { return false }
        self.deadline = nil
        return true
    }

    private func patience(_ limit: Int32) -> Int32 {
        guard limit != 0, let deadline else { return limit }
        let left = Int32(clamping: max(0, deadline - time.monotonicMilliseconds))
        return limit < 0 ? left : min(limit, left)
    }

    private func setTimer(_ milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : time.monotonicMilliseconds + Int64(milliseconds)
    }

    private func watch(_ socket: curl_socket_t, _ action: Int32, isKnown: Bool) {
        if action == CURL_POLL_REMOVE {
            epoll.remove(socket)
            return
        }
        var events: Epoll.Events = []
        if action & CURL_POLL_IN != 0 { events.insert(.readable) }
        if action & CURL_POLL_OUT != 0 { events.insert(.writable) }
        let token = UInt64(UInt32(bitPattern: socket))
        do throws(Errno) {
            if isKnown {
                try epoll.modify(socket, events, token: token)
            } else {
                try epoll.add(socket, events, token: token)
                // Any pointer will do: it comes back with the next change of this socket.
                curl_multi_assign(multi, socket, Unmanaged.passUnretained(self).toOpaque())
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
