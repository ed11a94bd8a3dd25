import CCurl
import Linux

/// What libcurl wants to be woken for: the sockets of some multi handles, in one epoll, and a timer of each.
///
/// libcurl writes every frame by itself and changes what it waits for with each of them. Within a turn (`begin` to `finish`)
/// the sockets of a handle are corked and its wishes gathered, so that what many messages have to say leaves in few packets.
///
/// Belongs to its `Multi` and to that one's thread.
final class SocketWatch {
    private let epoll: Epoll
    private var batch = Epoll.Batch(capacity: 64)
    private let time = SystemTime()
    private var watched: [Watched] = []
    private(set) var failure: CurlError?
    /// In the turn that goes on.
    private var begun: [Watched] = []

    /// One multi handle, as its callbacks know it.
    private final class Watched {
        unowned let watch: SocketWatch
        let handle: UnsafeMutableRawPointer
        let number: Int
        /// Monotonic milliseconds.
        var deadline: Int64?
        var sockets: [WatchedSocket] = []
        var isInTurn = false

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
            watched.watch.watch(socket, action, of: watched, known)
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

    /// Call it before libcurl acts for a handle, as often as you like in one turn.
    func begin(_ number: Int) {
        let watched = watched[number]
        guard !watched.isInTurn else { return }
        watched.isInTurn = true
        begun.append(watched)
        for socket in watched.sockets { socket.cork() }
    }

    /// What was written leaves, and what libcurl waits for counts.
    func finish() {
        for watched in begun {
            watched.isInTurn = false
            for socket in watched.sockets {
                socket.uncork()
                apply(socket, of: watched)
            }
        }
        begun.removeAll(keepingCapacity: true)
    }

    private func watch(_ number: curl_socket_t, _ action: Int32, of watched: Watched, _ known: UnsafeMutableRawPointer?) {
        if action == CURL_POLL_REMOVE {
            epoll.remove(number)
            // The connection may live on, with nobody to wait for.
            known.map { Unmanaged<WatchedSocket>.fromOpaque($0).takeUnretainedValue() }?.uncork()
            watched.sockets.removeAll { $0.number == number }
            return
        }
        let socket = known.map { Unmanaged<WatchedSocket>.fromOpaque($0).takeUnretainedValue() } ?? WatchedSocket(number)
        socket.wanted = Epoll.Events.interest(reads: action & CURL_POLL_IN != 0, writes: action & CURL_POLL_OUT != 0)
        if known == nil {
            watched.sockets.append(socket)
            if watched.isInTurn { socket.cork() }
            // It comes back with the next change of this socket.
            curl_multi_assign(watched.handle, number, Unmanaged.passUnretained(socket).toOpaque())
        }
        if !watched.isInTurn { apply(socket, of: watched) }
    }

    private func apply(_ socket: WatchedSocket, of watched: Watched) {
        guard socket.wanted != socket.watched else { return }
        let token = UInt64(UInt32(bitPattern: socket.number)) | UInt64(watched.number) << 32
        do throws(Errno) {
            if socket.watched == nil {
                try epoll.add(socket.number, socket.wanted, token: token)
            } else {
                try epoll.modify(socket.number, socket.wanted, token: token)
            }
            socket.watched = socket.wanted
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
