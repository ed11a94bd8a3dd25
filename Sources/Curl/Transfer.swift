import CCurl
import Glibc

/// One place in flight: a libcurl easy handle, set up once, and the message it carries.
///
/// libcurl's callbacks hold an unretained pointer to this object, so it lives as long as its `Multi`.
final class Transfer {
    let easy: UnsafeMutableRawPointer
    private(set) var isBusy = false
    private(set) var token: UInt64 = 0
    /// How often libcurl repeated a request that the peer had declared unprocessed.
    private(set) var repeats = 0

    private let goAways: GoAwayLog
    private let allowsAddress: (@Sendable (PeerAddress) -> Bool)?
    private var trace = StreamTrace()
    private var refusedAddress = false

    private var lines = HeaderLines()
    private var commonHeaders: HeaderList?
    // What the handle is set to: an account's messages often differ in the body alone.
    private var url: String?
    private var headers: [(name: String, value: String)]?
    private var method: TransferRequest.Method?
    private var bodyLength = -1
    private var takesFreshConnection = false
    private var body: [UInt8] = []
    private var bodyOffset = 0

    private var head = ResponseHead()
    private var answer: [UInt8] = []
    private let maxAnswerBytes: Int

    init(_ options: TransportOptions, goAways: GoAwayLog) throws(CurlError) {
        guard let easy = curl_easy_init() else { throw CurlError(call: "curl_easy_init", code: ENOMEM) }
        self.easy = easy
        self.goAways = goAways
        allowsAddress = options.allowsAddress
        maxAnswerBytes = options.maxResponseBytes
        try EasyOptions(easy).apply(options)
        try setCallbacks(traced: options.httpVersion != .http1)
    }

    deinit { curl_easy_cleanup(easy) }

    /// Loads a message into the handle, touching only the options that differ from the last one's.
    ///
    /// - Returns: what is wrong with the request, if it cannot be sent.
    func begin(_ request: TransferRequest, token: UInt64) -> TransferFailure? {
        guard request.body.isEmpty || request.method != .get else { return .malformed("GET carries no body") }
        if let failure = setURL(request.url) ?? setHeaders(request) { return failure }
        let code = set(request)
        guard code == CURLE_OK else { return TransferFailure(code, disposition: .notSent) }

        self.token = token
        body = request.body
        bodyOffset = 0
        answer = []
        head = ResponseHead()
        trace = StreamTrace()
        repeats = 0
        refusedAddress = false
        isBusy = true
        return nil
    }

    /// Leaves the place free. Only once libcurl has let go of the handle.
    func clear() {
        isBusy = false
        body = []
        answer = []
    }

    /// What became of the message, given libcurl's code.
    func result(_ code: CURLcode) -> TransferResult {
        // A status that was read in full stays true however the body ended.
        if head.isComplete {
            return .reply(
                Reply(status: head.status, headers: head.headers, body: answer, isWhole: code == CURLE_OK))
        }
        if refusedAddress && code == CURLE_COULDNT_CONNECT {
            return .failed(
                TransferFailure(code, reason: "The address is not allowed", label: "address_not_allowed", disposition: .notSent))
        }
        let mayBeProcessed = hasSentBytes(code) && !trace.wasRefused(goAways)
        return .failed(
            TransferFailure(
                code == CURLE_OK ? CURLE_WEIRD_SERVER_REPLY : code,
                disposition: mayBeProcessed ? .ambiguous : .notSent))
    }

    /// Whether the peer can have seen the request.
    ///
    /// The code alone does not tell: a request on a kept-alive connection that dies goes on to a new
    /// connection, and if that one cannot be made the code is COULDNT_CONNECT. And the head alone may be
    /// enough: some servers answer before they read the body.
    private func hasSentBytes(_ code: CURLcode) -> Bool {
        if bodyOffset > 0 { return true }
        // What left, if anything, was a head without the body it announced, or a CONNECT to the proxy.
        if !body.isEmpty && Self.beforeTheRequest.contains(code.rawValue) { return false }
        let proxyStatus = info(CURLINFO_HTTP_CONNECTCODE)
        if proxyStatus != 0 && !(200...299).contains(proxyStatus) { return false }
        return info(CURLINFO_REQUEST_SIZE) != 0
    }

    /// The connection was not made, or not trusted.
    private static let beforeTheRequest = Set([
        CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
        CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_PROXY,
    ].map(\.rawValue))

    /// A number that libcurl kept about the transfer; −1 if it cannot say.
    private func info(_ which: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(easy, which, &value) == CURLE_OK ? value : -1
    }

    private func setURL(_ url: String) -> TransferFailure? {
        guard url != self.url else { return nil }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return .malformed("The URL holds a space or a control byte") }
        let code = ccurl_set_pointer(easy, CURLOPT_URL, url)
        self.url = code == CURLE_OK ? url : nil
        return code == CURLE_OK ? nil : TransferFailure(code, disposition: .notSent)
    }

    private func setHeaders(_ request: TransferRequest) -> TransferFailure? {
        if commonHeaders === request.commonHeaders, let headers, headers.elementsEqual(request.headers, by: ==) { return nil }
        headers = nil
        guard let head = lines.write(request.headers, tail: request.commonHeaders?.head ?? HeaderList.none)
        else { return .malformed("A header cannot be written as it is") }
        let code = ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, head.list)
        guard code == CURLE_OK else { return TransferFailure(code, disposition: .notSent) }
        (headers, commonHeaders) = (request.headers, request.commonHeaders)
        return nil
    }

    private func set(_ request: TransferRequest) -> CURLcode {
        var code = setMethod(request)
        let fresh = request.body.isEmpty && !request.mayRepeat
        if code == CURLE_OK, fresh != takesFreshConnection {
            takesFreshConnection = fresh
            code = ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, fresh ? 1 : 0)
        }
        return code
    }

    /// Every method with a body is libcurl's POST under another name; PUT and DELETE differ in nothing else.
    private func setMethod(_ request: TransferRequest) -> CURLcode {
        let carriesBody = request.method == .post || request.method == .put || !request.body.isEmpty
        let length = carriesBody ? request.body.count : -1
        var code = CURLE_OK
        if request.method != method || (length < 0) != (bodyLength < 0) {
            method = nil
            code = ccurl_set_long(easy, carriesBody ? CURLOPT_POST : CURLOPT_HTTPGET, 1)
            let isPlain = request.method == .get || request.method == .post
            if code == CURLE_OK {
                code = isPlain
                    ? ccurl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, nil)
                    : ccurl_set_pointer(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            }
            if code == CURLE_OK { method = request.method }
        }
        // With the size known the body goes out with Content-Length instead of in chunks.
        if code == CURLE_OK, length != bodyLength {
            code = ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(max(0, length)))
            bodyLength = length
        }
        return code
    }
}

/// libcurl's callbacks. They run inside `curl_multi_socket_action`, on the owner's thread.
extension Transfer {
    private func setCallbacks(traced: Bool) throws(CurlError) {
        let options = EasyOptions(easy)
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [
            CURLOPT_PRIVATE, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA,
            CURLOPT_OPENSOCKETDATA, CURLOPT_DEBUGDATA,
        ] {
            try options.set(option, context, "CURLOPT_PRIVATE")
        }
        try options.check("CURLOPT_READFUNCTION", ccurl_set_stream(easy, CURLOPT_READFUNCTION) {
            Transfer.from($3)?.read(into: $0, $1 * $2) ?? Int(CURL_READFUNC_ABORT)
        })
        try options.check("CURLOPT_WRITEFUNCTION", ccurl_set_stream(easy, CURLOPT_WRITEFUNCTION) {
            Transfer.from($3)?.take(UnsafeRawBufferPointer(start: $0, count: $1 * $2)) ?? 0
        })
        try options.check("CURLOPT_HEADERFUNCTION", ccurl_set_stream(easy, CURLOPT_HEADERFUNCTION) {
            Transfer.from($3)?.head.read(UnsafeRawBufferPointer(start: $0, count: $1 * $2))
            return $1 * $2
        })
        try options.check("CURLOPT_SEEKFUNCTION", ccurl_set_seek(easy) { context, _, _ in
            Transfer.from(context)?.rewind() ?? CURL_SEEKFUNC_FAIL
        })
        try options.check("CURLOPT_OPENSOCKETFUNCTION", ccurl_set_opensocket(easy) { context, _, address in
            Transfer.from(context)?.openSocket(address) ?? -1
        })
        guard traced else { return }
        try options.check("CURLOPT_DEBUGFUNCTION", ccurl_set_debug(easy) { _, kind, line, count, context in
            let line = UnsafeRawBufferPointer(start: line, count: count)
            if kind == CURLINFO_TEXT, StreamTrace.heeds(line), let transfer = Transfer.from(context) {
                transfer.trace.read(line, transfer.goAways)
            }
            return 0
        })
        try options.set(CURLOPT_VERBOSE, 1, "CURLOPT_VERBOSE")
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        guard let context else { return nil }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func read(into buffer: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        let count = min(room, body.count - bodyOffset)
        guard count > 0, let buffer else { return 0 }
        trace.beginAgain()
        body.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: buffer, count: count)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[bodyOffset..<bodyOffset + count]))
        }
        bodyOffset += count
        return count
    }

    /// libcurl wants to send the body once more, because a reused connection died or the peer refused the stream.
    ///
    /// Only the second is sure to make no duplicate. Refusing to rewind ends the transfer with error 65,
    /// SEND_FAIL_REWIND, where libcurl would otherwise repeat it and report plain success.
    private func rewind() -> Int32 {
        guard trace.isRefused else { return CURL_SEEKFUNC_FAIL }
        bodyOffset = 0
        repeats += 1
        return CURL_SEEKFUNC_OK
    }

    /// Keeps a piece of the answer; taking less than offered makes libcurl end the transfer.
    private func take(_ piece: UnsafeRawBufferPointer) -> Int {
        let count = min(piece.count, maxAnswerBytes - answer.count)
        answer.append(contentsOf: piece.prefix(count))
        return count
    }

    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address else { return -1 }
        if let allowsAddress {
            // `addr` is the first of `addrlen` bytes, more than its declared type holds.
            let start = UnsafeRawPointer(address) + (MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
            let bytes = UnsafeRawBufferPointer(start: start, count: Int(address.pointee.addrlen))
            guard let peer = PeerAddress(bytes), allowsAddress(peer) else {
                refusedAddress = true
                return -1
            }
        }
        let kind = address.pointee.socktype | Int32(bitPattern: SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, kind, address.pointee.`protocol`)
    }
}
