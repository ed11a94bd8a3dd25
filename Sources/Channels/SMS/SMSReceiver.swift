package import Core

/// Reads the callbacks of one SMS account: delivery reports and what people answer.
package struct SMSReceiver: CallbackReceiver {
    private let settings: SMSAccount

    package init(_ settings: SMSAccount) { self.settings = settings }

    package var account: Account { settings.account }

    package func receive(_ callback: Callback, now: Timestamp) -> CallbackResult {
        switch settings.provider {
        case .kannel(let kannel): KannelCallbacks(settings: settings, kannel: kannel).receive(callback, now: now)
        case .twilio(let twilio): TwilioCallbacks(settings: settings, twilio: twilio).receive(callback, now: now)
        }
    }
}

extension ReplyKeywords {
    /// What an inbound text is: a refusal, an agreement or a message. Refusals keep the words as evidence.
    func event(for text: String) -> InboundEvent.Kind {
        switch meaning(of: text) {
        case .stop: .optOut(evidence: String(text.unicodeScalars.prefix(160)))
        case .start: .optIn(reference: String(text.unicodeScalars.prefix(160)), windowExpiresAt: nil)
        case nil: .message(text: text, windowExpiresAt: nil)
        }
    }
}
