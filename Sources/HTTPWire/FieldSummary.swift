/// What the fields say about the message itself, after the rules that need all of them.
struct FieldSummary {
    let framing: Framing
    let keepsAlive: Bool
    let expectsContinue: Bool

    init(of fields: [RequestHead.Field], in bytes: Span<UInt8>, minorVersion: Int) throws(Refusal) {
        var hosts = 0
        var host = 0..<0
        var lengths = 0
        var length = 0..<0
        var codings = 0
        var coding = 0..<0
        var hasClose = false
        var hasKeepAlive = false
        var expectsContinue = false
        for field in fields {
            let name = bytes.extracting(field.name)
            switch name.count {  // Most names differ from these in length already.
            case 4 where ASCII.equalsFolded(name, "host"):
                hosts += 1
                host = field.value
            case 14 where ASCII.equalsFolded(name, "content-length"):
                lengths += 1
                length = field.value
            case 17 where ASCII.equalsFolded(name, "transfer-encoding"):
                codings += 1
                coding = field.value
            case 10 where ASCII.equalsFolded(name, "connection"):
                let value = bytes.extracting(field.value)
                if Self.list(value, names: "close") { hasClose = true }
                if Self.list(value, names: "keep-alive") { hasKeepAlive = true }
            case 6 where ASCII.equalsFolded(name, "expect"):
                // RFC 9110 §10.1.1: nothing else is defined; an HTTP/1.0 sender cannot mean it.
                guard ASCII.equalsFolded(bytes.extracting(field.value), "100-continue") else {
                    throw Refusal(417, "expectation_unknown", "The only expectation here is 100-continue.")
                }
                expectsContinue = minorVersion >= 1
            default:
                break
            }
        }
        // RFC 9112 §3.2: exactly one in HTTP/1.1, and a valid one.
        guard hosts == 1 || (hosts == 0 && minorVersion == 0) else {
            throw Refusal(400, "invalid_host", "A request has exactly one Host.")
        }
        guard hosts == 0 || Authority.isValid(bytes.extracting(host)) else {
            throw Refusal(400, "invalid_host", "Host is not a host and a port.")
        }
        framing = try Framing.decide(
            lengths: lengths, length: bytes.extracting(length), codings: codings, coding: bytes.extracting(coding),
            minorVersion: minorVersion)
        // RFC 9112 §9.3: 1.1 persists unless told otherwise, 1.0 only when asked to.
        keepsAlive = !hasClose && (minorVersion >= 1 || hasKeepAlive)
        self.expectsContinue = expectsContinue && framing != .none
    }

    /// Whether a comma-separated list of tokens has `token`, in any case. RFC 9110 §5.6.1.
    private static func list(_ value: Span<UInt8>, names token: StaticString) -> Bool {
        var start = 0
        while start < value.count {
            var stop = start
            while stop < value.count, value[stop] != ASCII.comma { stop += 1 }
            var end = stop
            while start < end, value[start] == ASCII.space || value[start] == ASCII.tab { start += 1 }
            while end > start, value[end - 1] == ASCII.space || value[end - 1] == ASCII.tab { end -= 1 }
            if ASCII.equalsFolded(value.extracting(start..<end), token) { return true }
            start = stop + 1
        }
        return false
    }
}
