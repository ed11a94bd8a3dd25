internal import Core
internal import OpenSSL

/// Twilio's calls: status callbacks and inbound messages, as forms signed with the auth token.
struct TwilioCallbacks {
    let settings: SMSAccount
    let twilio: TwilioSettings

    func receive(_ callback: Callback, now: Timestamp) -> CallbackResult {
        let body = callback.method == "POST" ? callback.body : []
        guard let fields = URLText.fields(body), let signature = callback.header("x-twilio-signature"),
            constantTimeEqual(Array(signature.utf8), Array(self.signature(url: callback.url, fields: fields).utf8))
        else { return CallbackResult(status: 403) }
        // With method GET the fields stand in the URL, which the signature covers.
        let query = callback.url.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst()
        let form = TwilioForm(fields: fields, query: URLText.fields(query) ?? [])
        let events = form["MessageStatus"].map { status($0, form, now: now) } ?? reply(form, now: now)
        return CallbackResult(status: 200, contentType: "text/xml; charset=utf-8", body: Array("<Response/>".utf8), events: events)
    }

    /// Twilio, "Validating requests": HMAC-SHA1 over the full URL followed by every name and value, sorted by name.
    func signature(url: String, fields: [(name: [UInt8], value: [UInt8])]) -> String {
        var message = Array(url.utf8)
        for field in fields.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) { message += field.name + field.value }
        return Base64.encode(HMAC.sha1(key: Array(twilio.authToken.utf8), message: message))
    }

    private func status(_ word: String, _ form: TwilioForm, now: Timestamp) -> [InboundEvent] {
        guard let state = TwilioCallbacks.states[word], let sid = form["MessageSid"], TwilioOutcome.isSID(sid) else { return [] }
        let code = form["ErrorCode"]?.decimal ?? 0
        let meaning = state == .rejected ? TwilioOutcome.table[code] : nil
        let detail = code == 0 ? word : "\(word) \(code)"
        let reference = form["d"].flatMap { DeliveryID($0) }.map(DeliveryReference.delivery) ?? .provider(sid)
        let address = form["To"].flatMap { PhoneNumber(e164: $0) }?.e164
        func event(_ suffix: String, _ kind: InboundEvent.Kind, address: String?) -> InboundEvent {
            InboundEvent(id: "\(sid)/\(suffix)", kind: kind, address: address, at: now)
        }
        var events = [event(word, .status(reference, meaning == .expired ? .expired : state, detail: detail), address: nil)]
        switch meaning {
        case .optedOut where address != nil:
            events.append(event("opt-out", .optOut(evidence: "Twilio \(code)"), address: address))
        case .noSuchNumber where address != nil:
            events.append(event("invalid", .addressInvalid(detail: detail), address: address))
        case .configuration:
            let notice: AccountNotice = TwilioOutcome.suspensions.contains(code) ? .blocked : .warning
            events.append(event("account", .account(notice, detail: detail), address: nil))
        default: break
        }
        return events
    }

    /// Twilio, "Message resource", status values; callbacks may overtake one another. Inbound ones are no deliveries.
    static let states: [String: DeliveryState] = [
        "accepted": .accepted, "scheduled": .accepted, "queued": .accepted, "sending": .accepted, "sent": .accepted,
        "partially_delivered": .accepted, "delivered": .delivered, "read": .opened, "undelivered": .rejected,
        "failed": .rejected, "canceled": .rejected,
    ]

    /// With advanced opt-out Twilio has understood the keyword itself and says so.
    private func reply(_ form: TwilioForm, now: Timestamp) -> [InboundEvent] {
        guard let sid = form["MessageSid"] ?? form["SmsSid"], TwilioOutcome.isSID(sid),
            let number = form["From"].flatMap({ PhoneNumber(e164: $0) })
        else { return [] }
        let text = form["Body"] ?? ""
        let excerpt = String(text.unicodeScalars.prefix(160))
        let kind: InboundEvent.Kind =
            switch form["OptOutType"] {
            case "STOP": .optOut(evidence: excerpt)
            case "START": .optIn(reference: excerpt, windowExpiresAt: nil)
            case "HELP": .message(text: text, windowExpiresAt: nil)
            default: settings.profile.keywords.event(for: text)
            }
        return [InboundEvent(id: sid, kind: kind, address: number.e164, at: now)]
    }
}

/// The fields of one call: the form's, then the callback URL's.
private struct TwilioForm {
    let fields: [(name: [UInt8], value: [UInt8])]
    let query: [(name: [UInt8], value: [UInt8])]

    subscript(name: StaticString) -> String? {
        let value = name.withUTF8Buffer { name in
            (fields.first { $0.name.elementsEqual(name) } ?? query.first { $0.name.elementsEqual(name) })?.value
        }
        return value.flatMap { String(validating: $0, as: UTF8.self) }
    }
}

/// Orders names and values by their bytes.
private func < (left: ([UInt8], [UInt8]), right: ([UInt8], [UInt8])) -> Bool {
    left.0 == right.0 ? left.1.lexicographicallyPrecedes(right.1) : left.0.lexicographicallyPrecedes(right.0)
}
