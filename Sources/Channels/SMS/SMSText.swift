internal import Core

/// The final text of one message, in the encoding it goes out in.
struct SMSText {
    let text: String
    let segments: SMSSegments

    enum Composition {
        case text(SMSText)
        case refused(Reason, detail: String)
    }

    /// The body, its link when the content asks for it, the stop clause when the law does; then the encoding policy
    /// and the limit of parts.
    static func compose(_ message: Message, for account: SMSAccount) -> Composition {
        var text = message.body
        if message.options["append_url"]?.bool == true, let url = message.url, !text.contains(url) { text += "\n" + url }
        if message.purpose == .marketing, let clause = account.stopClause, !saysStop(text) { text += "\n" + clause }
        guard !text.isEmpty else { return .refused(.languageMissing, detail: "the message has no text") }

        let policy = message.options["encoding_policy"]?.string.flatMap(SMSEncodingPolicy.init) ?? account.encodingPolicy
        let sizes = account.profile.sizes
        let segments: SMSSegments
        switch policy {
        case .auto:
            text = GSM7.composed(text)
            segments = SMSSegments(of: text, sizes: sizes)
        case .ucs2: segments = SMSSegments(of: text, in: .ucs2, sizes: sizes)
        case .gsmOnly:
            switch Transliteration.gsm(text) {
            case .unwritable(let scalar):
                return .refused(.payloadTooLarge, detail: "U+\(String(scalar.value, radix: 16, uppercase: true))"
                    + " cannot be written in GSM 7 bit and encoding_policy is gsm_only")
            case .written(let plain):
                guard !plain.isEmpty else { return .refused(.languageMissing, detail: "the message has no text in GSM 7 bit") }
                text = plain
                segments = SMSSegments(of: text, in: .gsm7, sizes: sizes)
            }
        }
        let limit = message.options["max_segments"]?.integer.flatMap(Int.init(exactly:)) ?? account.profile.maxSegments
        guard segments.count <= limit else {
            return .refused(.payloadTooLarge,
                            detail: "\(segments.count) \(segments.encoding.rawValue) segments, at most \(limit)")
        }
        return .text(SMSText(text: text, segments: segments))
    }

    /// Whether STOP stands in the text as a word of its own.
    private static func saysStop(_ text: String) -> Bool {
        text.utf8.split { !$0.isASCIILetter }.contains { word in
            word.count == 4 && zip(word, "stop".utf8).allSatisfy { $0.asciiLowercased == $1 }
        }
    }
}
