import CCurl

/// Sets up an easy handle with what stays the same from message to message.
struct EasyOptions {
    private let easy: UnsafeMutableRawPointer

    init(_ easy: UnsafeMutableRawPointer) {
        self.easy = easy
    }

    func apply(_ options: TransportOptions) throws(CurlError) {
        try set(CURLOPT_NOSIGNAL, 1, "CURLOPT_NOSIGNAL")
        try applySize()
        try applyTrust(options)
        try applyRoute(options)
        try applyTime(options)
    }

    /// Answers are small, and a buffer is allocated per transfer.
    private func applySize() throws(CurlError) {
        try set(CURLOPT_BUFFERSIZE, 2048, "CURLOPT_BUFFERSIZE")
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024, "CURLOPT_UPLOAD_BUFFERSIZE")
    }

    private func applyTrust(_ options: TransportOptions) throws(CurlError) {
        try set(CURLOPT_SSL_VERIFYPEER, 1, "CURLOPT_SSL_VERIFYPEER")
        try set(CURLOPT_SSL_VERIFYHOST, 2, "CURLOPT_SSL_VERIFYHOST")
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2), "CURLOPT_SSLVERSION")
        if let caFile = options.caFile { try set(CURLOPT_CAINFO, caFile, "CURLOPT_CAINFO") }
        try set(CURLOPT_PROTOCOLS_STR, options.httpsOnly ? "https" : "http,https", "CURLOPT_PROTOCOLS_STR")
        try set(CURLOPT_FOLLOWLOCATION, 0, "CURLOPT_FOLLOWLOCATION")
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1, "CURLOPT_DISALLOW_USERNAME_IN_URL")
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1, "CURLOPT_SUPPRESS_CONNECT_HEADERS")
    }

    private func applyRoute(_ options: TransportOptions) throws(CurlError) {
        let version = switch options.httpVersion {
        case .http1: CURL_HTTP_VERSION_1_1
        case .http2: CURL_HTTP_VERSION_2TLS
        case .http2PriorKnowledge: CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
        }
        try set(CURLOPT_HTTP_VERSION, Int(version), "CURLOPT_HTTP_VERSION")
        // Wait for a connection that can carry one more stream rather than open another.
        try set(CURLOPT_PIPEWAIT, options.httpVersion == .http1 ? 0 : 1, "CURLOPT_PIPEWAIT")
        // An empty string means no proxy, where unset means the one of the environment.
        try set(CURLOPT_PROXY, options.proxy ?? "", "CURLOPT_PROXY")
    }

    private func applyTime(_ options: TransportOptions) throws(CurlError) {
        try set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeoutMilliseconds, "CURLOPT_CONNECTTIMEOUT_MS")
        try set(CURLOPT_TIMEOUT_MS, options.totalTimeoutMilliseconds, "CURLOPT_TIMEOUT_MS")
        // Seconds. Providers move their addresses: look names up again soon, and spread over all of them.
        try set(CURLOPT_DNS_CACHE_TIMEOUT, 30, "CURLOPT_DNS_CACHE_TIMEOUT")
        try set(CURLOPT_DNS_SHUFFLE_ADDRESSES, 1, "CURLOPT_DNS_SHUFFLE_ADDRESSES")
        // Without it libcurl drops a connection that was idle for two minutes.
        try set(CURLOPT_MAXAGE_CONN, 3600, "CURLOPT_MAXAGE_CONN")
        try set(CURLOPT_TCP_KEEPALIVE, 1, "CURLOPT_TCP_KEEPALIVE")
        try set(CURLOPT_TCP_KEEPIDLE, 60, "CURLOPT_TCP_KEEPIDLE")
        try set(CURLOPT_TCP_KEEPINTVL, 15, "CURLOPT_TCP_KEEPINTVL")
    }

    func set(_ option: CURLoption, _ value: Int, _ name: String) throws(CurlError) {
        try check(name, ccurl_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: UnsafeRawPointer, _ name: String) throws(CurlError) {
        try check(name, ccurl_set_pointer(easy, option, value))
    }

    func check(_ name: String, _ code: CURLcode) throws(CurlError) {
        guard code == CURLE_OK else { throw CurlError(call: name, code: Int32(bitPattern: code.rawValue)) }
    }
}
