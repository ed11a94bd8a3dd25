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
    /// Requests that libcurl sent again because the peer had declared them unprocessed, since the start.
    package private(set) var repeats = 0

    /// Transfers at once, when all is warm.
    package let places: Int

    private let pools: [TransferPool]
    private let watch: SocketWatch
    private var rejected: [Completion] = []

    /// - Parameters:
    ///   - connections: at most so many to one host, in each pool.
    ///   - maxInFlight: transfers at once, at most `connections` over HTTP/1.1. Over HTTP/2 about 100 a
    ///     connection: what the peer has no stream for waits inside libcurl, which is slow.
    ///   - pools: the connections and the transfers are split over so many. At each answer libcurl looks at all
    ///     transfers of the connection, so several with 50 each cost less than few with hundreds. A pool is used when
    ///     those before it are full.
    package init(options: TransportOptions, connections: Int, maxInFlight: Int, pools count: Int = 1) throws(CurlError) {
        precondition(connections > 0 && maxInFlight > 0 && count > 0, "a Multi that can send")
        guard CurlLibrary.initialised == CURLE_OK else {
            throw CurlError(call: "curl_global_init", code: Int32(bitPattern: CurlLibrary.initialised.rawValue))
        }
        places = options.httpVersion == .http1 ? min(connections * count, maxInFlight) : maxInFlight
        var pools: [TransferPool] = []
        for _ in 0..<count {
            pools.append(try TransferPool(options, connections: connections, limit: (places + count - 1) / count))
        }
        // What is wrong with the options is told here.
        try pools[0].makePlace()
        self.pools = pools
        watch = try SocketWatch(pools.map(\.handle))
        for pool in pools { pool.watch = watch }
    }

    /// Whether the peer takes more than one transfer at a time.
    package var isWarm: Bool { pools[0].isWarm }

    /// Transfers added and not yet drained.
    package var inFlight: Int { pools.reduce(rejected.count) { $0 + $1.inFlight } }

    /// How many more transfers should be added now. What was counted on earlier has its place, whatever `free` says later.
    package var free: Int {
        var free = 0
        for pool in pools {
            free += pool.free
            // One connection proves that the peer takes us before others are made.
            if !pool.isWarm { break }
        }
        return free
    }

    /// Readable when sockets are ready for `advance`.
    package var rawDescriptor: Int32 { watch.rawDescriptor }

    /// When `advance` is due by time, in monotonic milliseconds; nil while it is due by sockets alone.
    package var deadline: Int64? { rejected.isEmpty ? watch.deadline : 0 }

    /// Starts a transfer. Nothing is written before the next `advance`.
    ///
    /// A request that cannot be sent as it is comes out of `drain` as failed and not sent.
    package func add(_ request: TransferRequest, token: UInt64) {
        // `free` may have fallen since the place was counted on (a failure makes a cold start of it); the place is there still.
        let pool = pools.first { $0.free > 0 } ?? pools.min { $0.inFlight < $1.inFlight }
        if let failure = pool?.add(request, token: token) {
            rejected.append(Completion(token: token, result: .failed(failure)))
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
        try watch.wait(atMostMilliseconds: rejected.isEmpty ? limit : 0) { pool, socket, mask in
            watch.begin(pool)
            let code = curl_multi_socket_action(pools[pool].handle, socket, mask, &running)
            if code != CURLM_OK { failure = code }
        }
        // One stream's news sets a timer of 0 ms for its neighbours; the bound gives the owner its turn.
        var rounds = 0
        while rounds < 16, let pool = watch.takeDue() {
            watch.begin(pool)
            let code = curl_multi_socket_action(pools[pool].handle, CURL_SOCKET_BAD, 0, &running)
            if code != CURLM_OK { failure = code }
            rounds += 1
        }
        watch.finish()
        guard failure == CURLM_OK else { throw CurlError(call: "curl_multi_socket_action", code: failure.rawValue) }
        if let failure = watch.failure { throw failure }
    }

    /// Hands out the transfers that have ended. `handle` may add others.
    package func drain(_ handle: (Completion) -> Void) {
        if !rejected.isEmpty {
            let rejected = self.rejected
            self.rejected = []
            rejected.forEach(handle)
        }
        for pool in pools {
            while let (transfer, code) = pool.nextEnded() { end(transfer, code, in: pool, handle) }
        }
    }

    /// Ends everything that is in flight: not sent if nothing had left, else ambiguous.
    package func abandon(_ handle: (Completion) -> Void) {
        drain(handle)
        for pool in pools {
            for transfer in pool.busy { end(transfer, CURLE_ABORTED_BY_CALLBACK, in: pool, handle) }
        }
    }

    private func end(_ transfer: Transfer, _ code: CURLcode, in pool: TransferPool, _ handle: (Completion) -> Void) {
        let (completion, repeated) = pool.end(transfer, code)
        repeats += repeated
        handle(completion)
    }
}
