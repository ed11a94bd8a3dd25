package import Core
import OpenSSL

/// Twilio's message resource: `POST /2010-04-01/Accounts/{sid}/Messages.json`. Any thread.
package final class TwilioSimulator: Simulator {
    package let channel = Channel.sms
    private let settings: SandboxSettings.Twilio
    private let account: String
    private let authToken: String
    private let ids: ProviderIDs

    package init(settings: SandboxSettings.Twilio, account: String, authToken: String, ids: ProviderIDs) {
        self.settings = settings
        self.account = account
        self.authToken = authToken
        self.ids = ids
    }

    package func judge(_ request: ProviderRequest, now: Timestamp) -> Verdict {
        var item = Verdict.Item(address: "")
        let form = FormCoding.decode(request.body) ?? []
        item.address = form.first("To") ?? ""
        item.key = form.first("StatusCallback")
        item.text = form.first("Body") ?? form.first("ContentSid")
        if let error = requestError(request) ?? error(in: form) { return .refused(error.answer(), item) }
        for name in form.map(\.name) where !TwilioSimulator.knownFields.contains(name) {
            item.remarks.append("\(name) is not a parameter that Twilio knows: it is ignored")
        }
        let body = form.first("Body") ?? ""
        let parts: SMSParts = GSMAlphabet.contains(body) ? .gsm7(body) : .ucs2(body, tearsPairs: false)
        let sid = "SM" + ids.hex()
        return .taken(answer(form, sid: sid, parts: parts.count), [item], callbacks: reports(form, sid, ["sent", "delivered"]))
    }

    private static let knownFields: Set<String> = [
        "To", "From", "MessagingServiceSid", "Body", "MediaUrl", "StatusCallback", "ValidityPeriod", "SmartEncoded",
        "ScheduleType", "SendAt", "ContentSid", "ContentVariables", "ShortenUrls", "RiskCheck", "FallbackFrom",
        "ApplicationSid", "ProvideFeedback", "Attempt", "ForceDelivery", "ContentRetention", "AddressRetention",
        "PersistentAction", "SendAsMms", "TrafficType",
    ]

    private func requestError(_ request: ProviderRequest) -> TwilioError? {
        let path = request.segments
        guard path.count == 4, path[0] == "2010-04-01", path[1] == "Accounts", path[3] == "Messages.json" else {
            return TwilioError(20_404, "The requested resource was not found")
        }
        let wanted = Base64.encode(Array("\(account):\(authToken)".utf8))
        guard let given = request.credentials("basic"), constantTimeEqual(Array(given.utf8), Array(wanted.utf8)) else {
            return TwilioError(20_003, "Authenticate")
        }
        guard path[2] == account else { return TwilioError(20_404, "The requested resource was not found") }
        guard request.method == "POST" else { return TwilioError(20_004, "Method not allowed") }
        guard request.mediaType == "application/x-www-form-urlencoded", FormCoding.decode(request.body) != nil else {
            return TwilioError(21_604, "A 'To' phone number is required.")
        }
        return nil
    }

    private func error(in form: [(name: String, value: String)]) -> TwilioError? {
        guard let to = form.first("To"), !to.isEmpty else { return TwilioError(21_604, "A 'To' phone number is required.") }
        guard PhoneNumber(e164: to) != nil else { return TwilioError(21_211, "Invalid 'To' Phone Number: \(to)") }
        let from = form.first("From")
        guard from != nil || form.first("MessagingServiceSid") != nil else {
            return TwilioError(21_603, "A 'From' phone number is required.")
        }
        if let from {
            guard from != to else { return TwilioError(21_266, "'To' and 'From' number cannot be the same") }
            guard isSender(from) else { return TwilioError(21_212, "Invalid 'From' Phone Number: \(from)") }
            guard settings.senders.isEmpty || settings.senders.contains(from) else {
                return TwilioError(21_606, "The 'From' phone number provided (\(from)) is not a valid message-capable phone number.")
            }
        }
        if let service = form.first("MessagingServiceSid"), !(service.hasPrefix("MG") && service.utf8.count == 34) {
            return TwilioError(21_701, "Invalid Messaging Service SID")
        }
        let body = form.first("Body") ?? ""
        guard !body.isEmpty || form.first("MediaUrl") != nil || form.first("ContentSid") != nil else {
            return TwilioError(21_602, "Message body is required.")
        }
        guard body.unicodeScalars.count <= 1_600 else {
            return TwilioError(21_617, "The concatenated message body exceeds the 1600 character limit")
        }
        if let callback = form.first("StatusCallback"), !isCallback(callback) {
            return TwilioError(21_609, "The 'StatusCallback' URL \(callback) is not a valid URL.")
        }
        if let validity = form.first("ValidityPeriod"), !(validity.decimal.map { (1...36_000).contains($0) } ?? false) {
            return TwilioError(21_625, "The ValidityPeriod is invalid: 1 to 36000 seconds")
        }
        if form.first("ScheduleType") != nil || form.first("SendAt") != nil {
            guard form.first("ScheduleType") == "fixed", form.first("MessagingServiceSid") != nil,
                form.first("SendAt").flatMap({ Timestamp(rfc3339: $0) }) != nil
            else { return TwilioError(35_111, "SendAt needs ScheduleType=fixed, a MessagingServiceSid and an ISO 8601 time") }
        }
        return nil
    }

    /// E.164, a short code, or 1 to 11 letters, digits, spaces, `+ - _ &` with at least one letter.
    private func isSender(_ text: String) -> Bool {
        if PhoneNumber(e164: text) != nil { return true }
        let bytes = text.utf8
        if (3...8).contains(bytes.count), bytes.allSatisfy(\.isASCIIDigit) { return true }
        return (1...11).contains(bytes.count) && bytes.contains(where: \.isASCIILetter)
            && bytes.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || " +-_&".utf8.contains($0) }
    }

    /// An absolute URL whose host has no underscore.
    private func isCallback(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return false }
        let host = text.utf8.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        return !host.isEmpty && !host.contains(UInt8(ascii: "_"))
    }

    private func answer(_ form: [(name: String, value: String)], sid: String, parts: Int) -> ProviderAnswer {
        ProviderAnswer(201, json: [
            "account_sid": .string(account), "api_version": "2010-04-01", "body": JSONValue(form.first("Body")),
            "date_created": nil, "date_sent": nil, "date_updated": nil, "direction": "outbound-api",
            "error_code": nil, "error_message": nil, "from": JSONValue(form.first("From")),
            "messaging_service_sid": JSONValue(form.first("MessagingServiceSid")), "num_media": "0",
            "num_segments": .string(String(parts)), "price": nil, "price_unit": "USD", "sid": .string(sid),
            "status": form.first("MessagingServiceSid") == nil ? "queued" : "accepted", "to": JSONValue(form.first("To")),
            "uri": .string("/2010-04-01/Accounts/\(account)/Messages/\(sid).json"),
        ])
    }

    /// The calls of `StatusCallback`, signed: HMAC-SHA1 over the URL and every field in the order of its name
    /// (Twilio, "Security: validating requests").
    private func reports(
        _ form: [(name: String, value: String)], _ sid: String, _ statuses: [String], error: Int? = nil
    ) -> [ProviderCallback] {
        guard let url = form.first("StatusCallback") else { return [] }
        return statuses.map { status in
            var fields: [(name: String, value: String)] = [
                ("AccountSid", account), ("ApiVersion", "2010-04-01"), ("From", form.first("From") ?? ""),
                ("MessageSid", sid), ("MessageStatus", status), ("SmsSid", sid), ("SmsStatus", status),
                ("To", form.first("To") ?? ""),
            ]
            if let error, status == "undelivered" { fields.append(("ErrorCode", String(error))) }
            let message = url + fields.sorted { $0.name < $1.name }.map { $0.name + $0.value }.joined()
            let signature = Base64.encode(HMAC.sha1(key: Array(authToken.utf8), message: Array(message.utf8)))
            return ProviderCallback("POST", url, headers: [
                ("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", signature),
            ], body: FormCoding.encode(fields))
        }
    }

    package func callbacksWhenUndelivered(
        _ request: ProviderRequest, _ verdict: Verdict, now: Timestamp
    ) -> [ProviderCallback]? {
        guard let json = try? JSONValue(parsing: verdict.answer.body), let sid = json["sid"]?.string else { return nil }
        return reports(FormCoding.decode(request.body) ?? [], sid, ["sent", "undelivered"], error: 30_003)
    }

    package func answer(to fault: Fault.Refusal, _ verdict: Verdict, now: Timestamp) -> ProviderAnswer? {
        switch fault {
        case .gone: return TwilioError(21_610, "Attempt to send to unsubscribed recipient").answer()
        case .throttled(let seconds):
            return TwilioError(20_429, "Too Many Requests").answer(headers: seconds.map { [("Retry-After", String($0))] } ?? [])
        case .internalError: return TwilioError(20_500, "Internal Server Error").answer()
        case .unavailable(let seconds):
            return TwilioError(20_503, "Service Unavailable").answer(headers: seconds.map { [("Retry-After", String($0))] } ?? [])
        case .named(let name):
            return name.decimal.flatMap { Int(exactly: $0) }.map { TwilioError($0, "Asked for").answer() }
        }
    }
}
