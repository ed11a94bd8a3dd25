package import Core

/// A browser vendor's push service (RFC 8030) together with the browser behind it: `POST /wpush/{id}`.
///
/// Stricter than any real one in one respect: a message that the browser could not decrypt is refused with 400,
/// where a real service answers 201 and the browser drops it without a word. Any thread.
package final class WebPushSimulator: Simulator {
    package let channel = Channel.webpush
    private let book: AddressBook
    private let applicationServerKey: [UInt8]
    private let ids: ProviderIDs
    private let vapid = VAPIDCheck()

    /// Longer lives are cut to 30 days, as autopush does.
    private static let maxTTLSeconds: Int64 = 2_592_000

    /// - Parameter applicationServerKey: the public point with which the subscriptions were made.
    package init(book: AddressBook, applicationServerKey: [UInt8], ids: ProviderIDs) {
        self.book = book
        self.applicationServerKey = applicationServerKey
        self.ids = ids
    }

    package func judge(_ request: ProviderRequest, now: Timestamp) -> Verdict {
        var item = Verdict.Item(address: "")
        guard request.segments.count == 2, request.segments[0] == "wpush" else {
            return .refused(AutopushError.noSuchEndpoint.answer("Invalid endpoint"), item)
        }
        item.address = request.origin + "/wpush/" + request.segments[1]
        item.collapse = request.header("topic")
        guard let index = book.webPushIndex(ofID: request.segments[1]) else {
            return .refused(AutopushError.noSuchEndpoint.answer("Invalid endpoint"), item)
        }
        guard request.method == "POST" else {
            return .refused(ProviderAnswer(405, headers: [("Allow", "POST")], text: "Method Not Allowed"), item)
        }
        if let problem = vapid.problem(request, expected: applicationServerKey, now: now) {
            return .refused(AutopushError.badVAPID.answer(problem), item)
        }
        if let refusal = headerRefusal(request) ?? bodyRefusal(request, index: index, &item) { return .refused(refusal, item) }
        let ttl = min(request.header("ttl")?.decimal ?? 0, WebPushSimulator.maxTTLSeconds)
        return .taken(ProviderAnswer(201, headers: [
            ("Location", request.origin + "/m/" + ids.hex()), ("TTL", String(ttl)),
        ]), [item])
    }

    private func headerRefusal(_ request: ProviderRequest) -> ProviderAnswer? {
        // RFC 8030 section 5.2: required, a non-negative number of seconds.
        guard let ttl = request.header("ttl") else { return AutopushError.missingHeader.answer("Missing TTL value") }
        guard ttl.decimal != nil else {
            return ttl.utf8.first == UInt8(ascii: "-") && ttl.dropFirst().decimal != nil
                ? AutopushError.negativeTTL.answer("TTL must be greater than 0") : AutopushError.badTTL.answer("Invalid TTL value")
        }
        for name in ["ttl", "topic", "urgency", "content-encoding"] where request.headers.count(where: { $0.name == name }) > 1 {
            return AutopushError.missingHeader.answer("More than one \(name)")
        }
        // RFC 8030 section 5.3.
        if let urgency = request.header("urgency"), !["very-low", "low", "normal", "high"].contains(urgency) {
            return AutopushError.missingHeader.answer("Invalid Urgency value")
        }
        // RFC 8030 section 5.4: at most 32 characters of the base64url alphabet.
        if let topic = request.header("topic") {
            let isWord = topic.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            guard isWord, (1...32).contains(topic.utf8.count) else { return AutopushError.badTopic.answer("Invalid Topic") }
        }
        return nil
    }

    private func bodyRefusal(_ request: ProviderRequest, index: UInt64, _ item: inout Verdict.Item) -> ProviderAnswer? {
        guard !request.body.isEmpty else {
            item.remarks.append("no body: the page's service worker gets an event without data")
            return request.header("content-encoding") == nil
                ? nil : AutopushError.badCrypto.answer("Content-Encoding without a body")
        }
        // RFC 8030 section 7.2.
        guard request.body.count <= 4_096 else { return AutopushError.tooLarge.answer("Data payload must be smaller than 4096") }
        guard let encoding = request.header("content-encoding") else {
            return AutopushError.missingCrypto.answer("Missing Content-Encoding header")
        }
        guard encoding == "aes128gcm" else { return AutopushError.badCrypto.answer("Unknown Content-Encoding header") }
        // autopush refuses the headers of the older encoding beside the newer one.
        guard request.header("encryption") == nil, request.header("crypto-key") == nil else {
            return AutopushError.badCrypto.answer("Encryption and Crypto-Key do not go with aes128gcm")
        }
        guard let plaintext = book.decrypt(request.body, index: index) else {
            return AutopushError.badCrypto.answer("The message does not decrypt (RFC 8291)")
        }
        guard let text = String(validating: plaintext, as: UTF8.self) else {
            item.remarks.append("the plaintext is not UTF-8")
            item.text = "\(plaintext.count) bytes"
            return nil
        }
        item.text = text
        item.key = (try? JSONValue(parsing: plaintext)).flatMap { $0["key"]?.string ?? $0["message_key"]?.string ?? $0["id"]?.string }
        return nil
    }

    package func answer(to fault: Fault.Refusal, _ verdict: Verdict, now: Timestamp) -> ProviderAnswer? {
        switch fault {
        case .gone:
            return AutopushError.unsubscribed.answer("No such subscription", headers: [("Cache-Control", "max-age=86400")])
        case .throttled(let seconds):
            let headers = seconds.map { [("Retry-After", String($0))] } ?? []
            return ProviderAnswer(429, headers: headers, json: ["code": 429, "errno": 201, "error": "Too Many Requests"])
        case .internalError: return AutopushError.unknown.answer("Unknown error")
        case .unavailable(let seconds):
            return AutopushError.overloaded.answer("Please slow down message calls",
                                                   headers: [("Retry-After", String(seconds ?? 120))])
        case .named(let name):
            return name.decimal.flatMap { Int(exactly: $0) }.flatMap(AutopushError.init).map { $0.answer("Asked for") }
        }
    }
}
