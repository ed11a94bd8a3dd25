package import Core

/// Sends text messages through one account. A duplicate SMS is charged and annoys, and neither gateway
/// de-duplicates, so an open outcome is settled by the delivery report or not at all.
package final class SMSAdapter: ChannelAdapter {
    package let account: Account
    package let deliveryClass = DeliveryClass.atMostOnce
    private let settings: SMSAccount

    package init(_ settings: SMSAccount) {
        self.settings = settings
        account = settings.account
    }

    package func prepare(_ message: Message, to recipient: Recipient, now: Timestamp) -> PreparedMessage {
        guard case .sms(let number) = recipient.address else {
            return .refused(.subscriptionInvalid, detail: "the address is no phone number")
        }
        if let expiresAt = message.expiresAt, expiresAt <= now { return .refused(.expired, detail: "expired before sending") }
        switch SMSText.compose(message, for: settings) {
        case .refused(let reason, let detail): return .refused(reason, detail: detail)
        case .text(let text):
            let validity = message.expiresAt.map { $0 - now }
            switch settings.provider {
            case .kannel(let kannel):
                return .request(kannelRequest(text, to: number, delivery: message.delivery, validity: validity, kannel))
            case .twilio(let twilio):
                let limit = settings.profile.twilioMaxBody
                guard text.text.utf16.count <= limit else {
                    return .refused(.payloadTooLarge, detail: "\(text.text.utf16.count) characters, at most \(limit)")
                }
                return .request(twilioRequest(text, to: number, delivery: message.delivery, validity: validity, twilio))
            }
        }
    }

    package func outcome(of reply: ProviderReply, now: Timestamp) -> Outcome {
        switch settings.provider {
        case .kannel: KannelOutcome.outcome(of: reply, now: now)
        case .twilio: TwilioOutcome.outcome(of: reply, now: now)
        }
    }

    /// Kannel's user guide, "Using the HTTP interface to send SMS messages". The URL holds the password: it is a secret.
    private func kannelRequest(_ text: SMSText, to number: PhoneNumber, delivery: DeliveryID, validity: Duration?,
                               _ kannel: KannelSettings) -> OutboundRequest {
        let to = switch kannel.numberFormat {
        case .plus: number.e164
        case .digits: number.digits
        case .doubleZero: "00" + number.digits
        }
        var fields = [
            ("username", kannel.username), ("password", kannel.password), ("from", settings.sender), ("to", to),
            // Kannel replaces what GSM lacks by '?', so the coding is never left to it.
            ("coding", text.segments.encoding == .gsm7 ? "0" : "2"), ("charset", "UTF-8"),
            ("text", text.segments.encoding == .gsm7 ? text.text : text.segments.padded(sizes: settings.profile.sizes)),
            ("dlr-mask", String(kannel.deliveryReportMask)), ("dlr-url", kannelReportURL(delivery)),
        ]
        if let validity {
            let minutes = min(max(validity.milliseconds / 60_000, 1), settings.profile.kannelMaxValidity)
            fields.append(("validity", String(minutes)))
        }
        return OutboundRequest(.GET, kannel.baseURL + "?" + URLText.form(fields))
    }

    /// `%d`, `%T`, `%F` and `%A` are Kannel's own escapes; a percent sign that is ours is written twice.
    private func kannelReportURL(_ delivery: DeliveryID) -> String {
        let token = DeliveryToken.make(for: delivery, account: account, secret: settings.callbackSecret)
        let ours = "\(settings.callbackURL)?d=\(delivery)&k=\(token)"
        return ours.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
            + "&s=%d&t=%T&f=%F&a=%A"
    }

    /// Twilio, "Message resource", create. The signed callback URL names the delivery, so that a report can settle
    /// a message whose answer, and so whose sid, was lost.
    private func twilioRequest(_ text: SMSText, to number: PhoneNumber, delivery: DeliveryID, validity: Duration?,
                               _ twilio: TwilioSettings) -> OutboundRequest {
        var fields = [("To", number.e164), ("Body", text.text)]
        fields.append(twilio.messagingServiceSID.map { ("MessagingServiceSid", $0) } ?? ("From", settings.sender))
        fields.append(("StatusCallback", "\(settings.callbackURL)?d=\(delivery)"))
        if let validity {
            let seconds = min(max(validity.milliseconds / 1_000, 1), settings.profile.twilioMaxValidity)
            fields.append(("ValidityPeriod", String(seconds)))
        }
        var base = twilio.baseURL
        while base.hasSuffix("/") { base.removeLast() }
        return OutboundRequest(
            .POST, "\(base)/\(twilio.apiVersion)/Accounts/\(twilio.accountSID)/Messages.json",
            headers: [("Authorization", "Basic \(twilio.basicCredentials)"),
                      ("Content-Type", "application/x-www-form-urlencoded")],
            body: Array(URLText.form(fields).utf8))
    }
}
