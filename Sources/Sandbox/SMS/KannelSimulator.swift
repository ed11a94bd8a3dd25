package import Core
import OpenSSL

/// Kannel's smsbox: `GET /cgi-bin/sendsms`, answered as version 1.4.5 does. Any thread.
///
/// Over the query come UTF-8 texts only: raw UTF-16 (`charset=UTF-16BE`) and binary `udh` values are refused by the
/// HTTP server before they get here.
package final class KannelSimulator: Simulator {
    package let channel = Channel.sms
    private let settings: SandboxSettings.Kannel
    private let user: String
    private let password: String
    private let ids: ProviderIDs

    package init(settings: SandboxSettings.Kannel, user: String, password: String, ids: ProviderIDs) {
        self.settings = settings
        self.user = user
        self.password = password
        self.ids = ids
    }

    package func judge(_ request: ProviderRequest, now: Timestamp) -> Verdict {
        var item = Verdict.Item(address: "")
        item.key = request.query("dlr-url")
        guard request.segments == ["cgi-bin", "sendsms"] else { return refused(404, "Unknown request.", item) }
        // POST takes text/xml, or text/plain with X-Kannel fields; neither is simulated.
        guard request.method == "GET" else { return refused(400, "Invalid content-type", item) }
        let given = (user: request.query("username") ?? request.query("user"), password: request.query("password") ?? request.query("pass"))
        guard given.user == user, let secret = given.password, constantTimeEqual(Array(secret.utf8), Array(password.utf8)) else {
            return refused(403, "Authorization failed for sendsms", item)
        }
        guard let to = request.query("to") else { return refused(400, "Missing receiver number, rejected", item) }
        let receivers = to.split(separator: " ").map(String.init)
        guard !receivers.isEmpty else { return refused(400, "Empty receiver number not allowed, rejected", item) }
        item.address = KannelSimulator.address(receivers[0])
        guard receivers.allSatisfy({ KannelSimulator.isNumber($0) }) else {
            return refused(400, "Number(s) has/have been denied by white- and/or black-lists.", item)
        }
        for (name, limit) in [("coding", 2), ("mclass", 3), ("priority", 3)] as [(String, Int64)] {
            guard let value = request.query(name) else { continue }
            guard let number = value.decimal, number <= limit else {
                return refused(400, "\(name.prefix(1).asciiUppercased)\(name.dropFirst()) field misformed, rejected", item)
            }
        }
        for name in ["validity", "deferred"] {
            if let value = request.query(name), value.decimal == nil {
                return refused(400, "\(name.prefix(1).asciiUppercased)\(name.dropFirst()) field misformed, rejected", item)
            }
        }
        render(request, &item)
        let items = receivers.map { receiver in
            var copy = item
            copy.address = KannelSimulator.address(receiver)
            return copy
        }
        let reports = receivers.flatMap { self.reports(request, to: $0, kinds: [.taken, .delivered], now: now) }
        return .taken(ProviderAnswer(202, text: "0: Accepted for delivery"), items, callbacks: reports)
    }

    private func refused(_ status: Int, _ text: String, _ item: Verdict.Item) -> Verdict {
        .refused(ProviderAnswer(status, text: text), item)
    }

    /// Digits, with a plus or not.
    private static func isNumber(_ text: String) -> Bool {
        let digits = text.utf8.first == UInt8(ascii: "+") ? text.utf8.dropFirst() : text.utf8[...]
        return (3...20).contains(digits.count) && digits.allSatisfy(\.isASCIIDigit)
    }

    /// The number as E.164, in which receipts are kept: Kannel takes it with `+`, with `00` or bare.
    private static func address(_ receiver: String) -> String {
        if receiver.hasPrefix("+") { return receiver }
        return "+" + (receiver.hasPrefix("00") ? String(receiver.dropFirst(2)) : receiver)
    }

    /// The text as it arrives: replaced, parted and cut without a word.
    private func render(_ request: ProviderRequest, _ item: inout Verdict.Item) {
        let text = request.query("text") ?? ""
        if text.isEmpty { item.remarks.append("the text is empty") }
        if let charset = request.query("charset"), charset.asciiLowercased != "utf-8", charset.asciiLowercased != "utf8" {
            item.remarks.append("the charset is \(charset), the text was read as UTF-8")
        }
        let parts: SMSParts
        switch request.query("coding") ?? "0" {
        case "2": parts = .ucs2(text, tearsPairs: true)
        case "1":
            item.remarks.append("8-bit messages are not shown as text")
            parts = .gsm7(text)
        default:
            let sent = GSMAlphabet.transliterated(text)
            if sent != text { item.remarks.append("characters outside the GSM alphabet were replaced") }
            parts = .gsm7(sent)
        }
        let shown = parts.parts.prefix(settings.maxMessages)
        if shown.count < parts.count {
            item.remarks.append("cut after \(shown.count) of \(parts.count) parts")
        }
        if shown.contains(where: { $0.unicodeScalars.contains("\u{FFFD}") }) {
            item.remarks.append("a surrogate pair was cut in two")
        }
        item.text = shown.joined()
    }

    private enum Report: Int64 {
        case delivered = 1
        case failed = 2
        case taken = 8
    }

    /// The calls of `dlr-url` that `dlr-mask` asks for.
    private func reports(_ request: ProviderRequest, to receiver: String, kinds: [Report], now: Timestamp) -> [ProviderCallback] {
        guard let template = request.query("dlr-url"), !template.isEmpty,
            let mask = request.query("dlr-mask")?.decimal
        else { return [] }
        let id = ids.uuid()
        return kinds.filter { mask & $0.rawValue != 0 }.map { kind in
            ProviderCallback("GET", expand(template, kind, request, receiver: receiver, id: id, now: now))
        }
    }

    /// Kannel's escapes, each value percent-encoded (user guide, "SMS-service group", escape codes).
    private func expand(
        _ template: String, _ kind: Report, _ request: ProviderRequest, receiver: String, id: String, now: Timestamp
    ) -> String {
        var out = ""
        var rest = template.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%", let code = rest.first else {
                out.unicodeScalars.append(scalar)
                continue
            }
            let value: String? = switch code {
            case "d": String(kind.rawValue)
            case "F": kind == .taken ? "" : id
            case "I": id
            case "A": kind == .taken ? "ACK/" : kind == .failed ? "NACK/" : ""
            case "p": receiver
            case "P": request.query("from") ?? ""
            case "i": "fake"
            case "T": String(now.seconds)
            case "n": user
            case "m": request.query("mclass") ?? ""
            case "c": request.query("coding") ?? "0"
            case "%": "%"
            default: nil
            }
            guard let value else {
                out.unicodeScalars.append(scalar)
                continue
            }
            rest.removeFirst()
            out += code == "%" ? "%" : FormCoding.escape(value)
        }
        return out
    }

    package func callbacksWhenUndelivered(
        _ request: ProviderRequest, _ verdict: Verdict, now: Timestamp
    ) -> [ProviderCallback]? {
        (request.query("to") ?? "").split(separator: " ")
            .flatMap { reports(request, to: String($0), kinds: [.taken, .failed], now: now) }
    }

    /// The smsbox has few words: whatever ails the gateway behind it is a temporal failure.
    package func answer(to fault: Fault.Refusal, _ verdict: Verdict, now: Timestamp) -> ProviderAnswer? {
        switch fault {
        case .gone: ProviderAnswer(400, text: "Number(s) has/have been denied by white- and/or black-lists.")
        case .throttled(let seconds), .unavailable(let seconds):
            ProviderAnswer(503, headers: seconds.map { [("Retry-After", String($0))] } ?? [], text: "Temporal failure, try again later.")
        case .internalError: ProviderAnswer(500, text: "Internal Server Error")
        case .named("queued"): ProviderAnswer(202, text: "3: Queued for later delivery")
        case .named("denied"): ProviderAnswer(403, text: "Authorization failed for sendsms")
        case .named: nil
        }
    }
}

extension StringProtocol {
    fileprivate var asciiUppercased: String {
        String(decoding: utf8.map { $0.isASCIILetter ? $0 & ~0x20 : $0 }, as: UTF8.self)
    }
}
