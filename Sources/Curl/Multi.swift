import CCurl

/// Many transfers at once over few connections.
///
/// Owned by one thread, which either calls `drive` in a loop or, having other things to wait for, watches
/// `rawDescriptor` for `readable` and `deadline` in its own epoll and then calls `advance`. Outcomes
/// wait until `drain` takes them; every transfer that was added comes out of it once.
///
/// Connections are shared by host, whatever the headers say: an account with credentials of its own
/// gets a `Multi` of its own.
package final class Multi {
    /// Transfers added and not yet drained.
    package private(set) var inFlight = 0
    /// Requests that libcurl sent again because the peer had declared them unprocessed, since the start.
    package private(set) var repeats = 0

    private let handle: UnsafeMutableRawPointer
    private let watch: SocketWatch
    private let transfers: [Transfer]
    private var idle: [Transfer]
    private var rejected: [Completion] = []
    private let startsWithOne: Bool
    private var isWarm: Bool
    private let resolve: StringList
    private let connectTo: StringList

    /// - Parameters:
    ///   - connections: at most so many to one host.
    ///   - maxInFlight: transfers at once, at most `connections` over HTTP/1.1. Over HTTP/2 about 100 a
    ///     connection: what the peer has no stream for waits inside libcurl, which is slow.
    package init(options: TransportOptions, connections: Int, maxInFlight: Int) throws(CurlError) {
        precondition(connections > 0 && maxInFlight > 0, "a Multi that can send")
        guard CurlLibrary.initialised == CURLE_OK else {
            throw CurlError(call: "curl_global_init", code: Int32(bitPattern: CurlLibrary.initialised.rawValue))
        }
        let places = options.httpVersion == .http1 ? min(connections, maxInFlight) : maxInFlight
        let goAways = GoAwayLog()
        var transfers: [Transfer] = []
        transfers.reserveCapacity(places)
        resolve = StringList(options.resolve)
        connectTo = StringList(options.connectTo)
        for _ in 0..<places {
            let transfer = try Transfer(options, goAways: goAways)
            let easy = EasyOptions(transfer.easy)
            if let list = resolve.head { try easy.set(CURLOPT_RESOLVE, list, "CURLOPT_RESOLVE") }
            if let list = connectTo.head { try easy.set(CURLOPT_CONNECT_TO, list, "CURLOPT_CONNECT_TO") }
            transfers.append(transfer)
        }
        self.transfers = transfers
        idle = transfers
        startsWithOne = options.startsWithOne
        isWarm = !options.startsWithOne
        watch = try SocketWatch()
        guard let handle = curl_multi_init() else { throw CurlError(call: "curl_multi_init", code: 3) }
        self.handle = handle
        try configure(connections: connections, streams: max(100, (places + connections - 1) / connections))
    }

    deinit {
        for transfer in transfers where transfer.isBusy {
            curl_multi_remove_handle(handle, transfer.easy)
        }
        curl_multi_cleanup(handle)
    }

    /// How many more transfers should be added now. What was counted on earlier has its place, whatever `free` says later.
    package var free: Int {
        isWarm ? idle.count : max(0, 1 - inFlight)
    }

    /// Readable when sockets are ready for `advance`.
    package var rawDescriptor: Int32 { watch.rawDescriptor }

    /// When `advance` is due even if no socket is ready, in monotonic milliseconds.
    package var deadline: Int64? { rejected.isEmpty ? watch.deadline : 0 }

    /// Starts a transfer. Nothing is written before the next `advance`.
    ///
    /// A request that cannot be sent as it is comes out of `drain` as failed and not sent.
    package func add(_ request: TransferRequest, token: UInt64) {
        // `free` may have fallen since the place was counted on (a failure makes a cold start of it); the place is there still.
        guard let transfer = idle.popLast() else { preconditionFailure("add only what has a place") }
        inFlight += 1
        if let failure = transfer.begin(request, token: token) {
            idle.append(transfer)
            rejected.append(Completion(token: token, result: .failed(failure)))
            return
        }
        guard curl_multi_add_handle(handle, transfer.easy) == CURLM_OK else {
            transfer.clear()
            idle.append(transfer)
            let failure = TransferFailure(CURLE_FAILED_INIT, disposition: .notSent)
            rejected.append(Completion(token: token, result: .failed(failure)))
            return
        }
    }

    /// Does what is due now and returns at once.
    package func advance() throws(CurlError) {
        try drive(forMilliseconds: 0)
    }

    /// Waits for the first thing to do, at most so long (−1: for ever), and does it.
    package func drive(forMilliseconds limit: Int32) throws(CurlError) {
        var running: Int32 = 0
        var failure = CURLM_OK
        try watch.wait(atMostMilliseconds: rejected.isEmpty ? limit : 0) { socket, mask in
            let code = curl_multi_socket_action(handle, socket, mask, &running)
            if code != CURLM_OK { failure = code }
        }
        // One stream's news sets a timer of 0 ms for its neighbours; the bound gives the owner its turn.
        var rounds = 0
        while rounds < 16, watch.takeDue() {
            let code = curl_multi_socket_action(handle, CURL_SOCKET_BAD, 0, &running)
            if code != CURLM_OK { failure = code }
            rounds += 1
        }
        guard failure == CURLM_OK else { throw CurlError(call: "curl_multi_socket_action", code: failure.rawValue) }
        if let failure = watch.failure { throw failure }
    }

    /// Hands out the transfers that have ended. `handle` may add others.
    package func drain(_ handle: (Completion) -> Void) {
        if !rejected.isEmpty {
            let rejected = self.rejected
            self.rejected = []
            inFlight -= rejected.count
            rejected.forEach(handle)
        }
        var left: Int32 = 0
        while let message = curl_multi_info_read(self.handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = Self.transfer(of: easy)
            else { continue }
            // Removing the handle frees the message.
            let code = ccurl_message_result(message)
            handle(end(transfer, code))
        }
    }

    /// Ends everything that is in flight: not sent if nothing had left, else ambiguous.
    package func abandon(_ handle: (Completion) -> Void) {
        drain(handle)
        for transfer in transfers where transfer.isBusy {
            handle(end(transfer, CURLE_ABORTED_BY_CALLBACK))
        }
    }

    private func end(_ transfer: Transfer, _ code: CURLcode) -> Completion {
        let completion = Completion(token: transfer.token, result: transfer.result(code))
        curl_multi_remove_handle(handle, transfer.easy)
        transfer.clear()
        repeats += transfer.repeats
        inFlight -= 1
        idle.append(transfer)
        if startsWithOne {
            if case .reply = completion.result { isWarm = true } else { isWarm = false }
        }
        return completion
    }

    private static func transfer(of easy: UnsafeMutableRawPointer) -> Transfer? {
        var context: UnsafeMutableRawPointer?
        guard ccurl_get_private(easy, &context) == CURLE_OK, let context else { return nil }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func configure(connections: Int, streams: Int) throws(CurlError) {
        for (option, value, name) in [
            (CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX), "CURLMOPT_PIPELINING"),
            (CURLMOPT_MAX_HOST_CONNECTIONS, connections, "CURLMOPT_MAX_HOST_CONNECTIONS"),
            (CURLMOPT_MAX_CONCURRENT_STREAMS, streams, "CURLMOPT_MAX_CONCURRENT_STREAMS"),
        ] {
            let code = ccurl_multi_set_long(handle, option, value)
            guard code == CURLM_OK else { throw CurlError(call: name, code: code.rawValue) }
        }
        try watch.attach(to: handle)
    }
}
