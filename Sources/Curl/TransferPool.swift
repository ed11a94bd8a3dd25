import CCurl

/// One of libcurl's multi handles, with its connections and the places in flight over them.
///
/// Belongs to its `Multi` and to that one's thread.
final class TransferPool {
    let handle: UnsafeMutableRawPointer
    private(set) var inFlight = 0
    private(set) var isWarm: Bool
    /// libcurl calls it until the handle is cleaned up.
    var watch: SocketWatch?

    private let options: TransportOptions
    private let limit: Int
    private let goAways = GoAwayLog()
    private let resolve: StringList
    private let connectTo: StringList
    private var transfers: [Transfer] = []
    private var idle: [Transfer] = []

    /// - Parameters:
    ///   - connections: at most so many to one host.
    ///   - limit: transfers at once.
    init(_ options: TransportOptions, connections: Int, limit: Int) throws(CurlError) {
        self.options = options
        self.limit = limit
        isWarm = !options.startsWithOne
        resolve = StringList(options.resolve)
        connectTo = StringList(options.connectTo)
        guard let handle = curl_multi_init() else { throw CurlError(call: "curl_multi_init", code: 3) }
        self.handle = handle
        for (option, value, name) in [
            (CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX), "CURLMOPT_PIPELINING"),
            (CURLMOPT_MAX_HOST_CONNECTIONS, connections, "CURLMOPT_MAX_HOST_CONNECTIONS"),
            (CURLMOPT_MAX_CONCURRENT_STREAMS, max(100, (limit + connections - 1) / connections), "CURLMOPT_MAX_CONCURRENT_STREAMS"),
        ] {
            let code = ccurl_multi_set_long(handle, option, value)
            guard code == CURLM_OK else { throw CurlError(call: name, code: code.rawValue) }
        }
    }

    deinit {
        for transfer in transfers where transfer.isBusy {
            curl_multi_remove_handle(handle, transfer.easy)
        }
        curl_multi_cleanup(handle)
    }

    /// How many more transfers should be added now.
    var free: Int { isWarm ? limit - inFlight : max(0, 1 - inFlight) }

    /// Places are made as they are needed: most accounts never need all of theirs.
    func makePlace() throws(CurlError) {
        let transfer = try Transfer(options, goAways: goAways)
        let easy = EasyOptions(transfer.easy)
        if let list = resolve.head { try easy.set(CURLOPT_RESOLVE, list, "CURLOPT_RESOLVE") }
        if let list = connectTo.head { try easy.set(CURLOPT_CONNECT_TO, list, "CURLOPT_CONNECT_TO") }
        transfers.append(transfer)
        idle.append(transfer)
    }

    /// - Returns: what is wrong with the request, if it cannot be sent; then it is not in flight.
    func add(_ request: TransferRequest, token: UInt64) -> TransferFailure? {
        precondition(inFlight < limit, "add only what has a place")
        if idle.isEmpty { try? makePlace() }
        guard let transfer = idle.popLast() else { return TransferFailure(CURLE_OUT_OF_MEMORY, disposition: .notSent) }
        if let failure = transfer.begin(request, token: token) {
            idle.append(transfer)
            return failure
        }
        guard curl_multi_add_handle(handle, transfer.easy) == CURLM_OK else {
            transfer.clear()
            idle.append(transfer)
            return TransferFailure(CURLE_FAILED_INIT, disposition: .notSent)
        }
        inFlight += 1
        return nil
    }

    /// Takes a transfer out that libcurl has ended, or that is given up.
    ///
    /// - Returns: what became of it, and how often libcurl repeated it.
    func end(_ transfer: Transfer, _ code: CURLcode) -> (Completion, repeats: Int) {
        let completion = Completion(token: transfer.token, result: transfer.result(code))
        curl_multi_remove_handle(handle, transfer.easy)
        transfer.clear()
        inFlight -= 1
        idle.append(transfer)
        if options.startsWithOne {
            if case .reply = completion.result { isWarm = true } else { isWarm = false }
        }
        return (completion, transfer.repeats)
    }

    var busy: [Transfer] { transfers.filter(\.isBusy) }

    /// The next transfer that libcurl has ended, with its code.
    func nextEnded() -> (Transfer, CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            var context: UnsafeMutableRawPointer?
            guard ccurl_get_private(easy, &context) == CURLE_OK, let context else { continue }
            return (Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue(), ccurl_message_result(message))
        }
        return nil
    }
}
