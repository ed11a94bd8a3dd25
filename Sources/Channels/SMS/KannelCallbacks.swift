internal import Core
internal import OpenSSL

/// Kannel's calls: `dlr-url` as `SMSAdapter` wrote it, and the get-url documented at `KannelSettings`. Kannel signs
/// nothing, so each carries a secret; what lacks it gets 403 and no effect.
struct KannelCallbacks {
    let settings: SMSAccount
    let kannel: KannelSettings

    func receive(_ callback: Callback, now: Timestamp) -> CallbackResult {
        guard callback.method == "GET" else { return CallbackResult(status: 405) }
        let fields = KannelFields(callback)
        return fields["d"] == nil ? reply(fields, now: now) : report(fields, now: now)
    }

    /// A delivery report. They come late, twice or out of order: delivered may overtake accepted.
    private func report(_ fields: KannelFields, now: Timestamp) -> CallbackResult {
        guard let text = fields["d"], let delivery = DeliveryID(text), let token = fields["k"],
            DeliveryToken.isValid(token, for: delivery, account: settings.account, secret: settings.callbackSecret)
        else { return CallbackResult(status: 403) }
        let bit = fields["s"]?.decimal ?? 0
        guard let state = KannelCallbacks.states[bit] else { return CallbackResult(status: 200) }
        let words = KannelCallbacks.words(fields["a"] ?? "")
        let event = InboundEvent(
            id: "\(delivery)/\(bit)", kind: .status(.delivery(delivery), state, detail: "\(bit) \(words)"), address: nil,
            at: fields.time("t", now: now))
        return CallbackResult(status: 200, events: [event])
    }

    /// Kannel's user guide, "Delivery reports": one bit per report. 4, buffered by the SMSC, changes nothing.
    static let states: [Int64: DeliveryState] = [1: .delivered, 2: .rejected, 8: .accepted, 16: .rejected]

    /// What the SMSC said, without what a receipt quotes of the message: `stat:` and `err:` of an SMPP receipt
    /// (SMPP 3.4 appendix B), else the first word (`NACK/0x00000045`).
    static func words(_ answer: String) -> String {
        let words = answer.utf8.split(separator: UInt8(ascii: " "))
        let receipt = words.filter { $0.starts(with: "stat:".utf8) || $0.starts(with: "err:".utf8) }
        let chosen = receipt.isEmpty ? Array(words.prefix(1)) : Array(receipt.prefix(2))
        let plain = chosen.map { word in
            word.prefix(32).filter { $0.isASCIILetter || $0.isASCIIDigit || "/:._-".utf8.contains($0) }
        }
        return String(validating: plain.joined(separator: [UInt8(ascii: " ")]), as: UTF8.self) ?? ""
    }

    /// A person's message. An answer with a body would be sent back as an SMS: it stays empty.
    private func reply(_ fields: KannelFields, now: Timestamp) -> CallbackResult {
        guard let wanted = kannel.inboundToken, let token = fields["token"],
            constantTimeEqual(Array(token.utf8), Array(wanted.utf8))
        else { return CallbackResult(status: 403) }
        guard let sender = fields["from"], let number = number(sender) else { return CallbackResult(status: 200) }
        // Without an id from Kannel nothing tells a repetition from a second message: heeding both is safer.
        let id = fields["id"].map { "mo/\($0)" } ?? "mo/\(number.e164)/\(now.milliseconds)"
        let event = InboundEvent(
            id: String(id.unicodeScalars.prefix(100)), kind: settings.profile.keywords.event(for: fields.message),
            address: number.e164, at: fields.time("at", now: now))
        return CallbackResult(status: 200, events: [event])
    }

    /// SMSCs report senders as `+33…`, `0033…`, `33…` or in national form.
    func number(_ text: String) -> PhoneNumber? {
        if text.hasPrefix("+") { return PhoneNumber(e164: text) }
        // Some configurations leave the `+` unescaped, which a query turns into a space.
        if text.hasPrefix(" ") { return PhoneNumber(e164: "+" + text.dropFirst()) }
        if text.hasPrefix("00") { return PhoneNumber(e164: "+" + text.dropFirst(2)) }
        if text.hasPrefix("0") { return kannel.countryCode.flatMap { PhoneNumber(e164: "+" + $0 + text.dropFirst()) } }
        return PhoneNumber(e164: "+" + text)
    }
}

/// The query of a Kannel call. Read from the raw URL: a text may come in a charset that no String holds.
private struct KannelFields {
    private let fields: [(name: [UInt8], value: [UInt8])]

    init(_ callback: Callback) {
        let query = callback.url.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        fields = URLText.fields(query) ?? []
    }

    private func bytes(_ name: StaticString) -> [UInt8]? {
        name.withUTF8Buffer { name in fields.first { $0.name.elementsEqual(name) }?.value }
    }

    subscript(name: StaticString) -> String? {
        bytes(name).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// `%T`: seconds since 1970. A time that is absent, absurd or to come is now.
    func time(_ name: StaticString, now: Timestamp) -> Timestamp {
        guard let seconds = self[name]?.decimal, seconds > 0, seconds < now.seconds else { return now }
        return .seconds(seconds)
    }

    /// The text: UTF-16 when `coding` is 2 (3GPP TS 23.038 section 4; mo-recode off), else UTF-8 or, failing that,
    /// Latin-1. Broken units are replaced: half a text still holds a STOP.
    var message: String {
        let bytes = bytes("text") ?? []
        if self["coding"] == "2", self["charset"]?.asciiLowercased != "utf-8" {
            let units = stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map {
                UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
            }
            return String(decoding: units, as: UTF16.self)
        }
        return String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
