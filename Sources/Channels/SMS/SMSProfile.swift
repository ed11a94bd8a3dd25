package import Core

/// The limits and words of SMS, as data.
package struct SMSProfile: Sendable {
    package var sizes = SMSSizes()
    /// More parts than this are refused: handsets and gateways get unreliable, and each part is charged.
    package var maxSegments = 6
    /// Twilio's `Body`, in characters.
    package var twilioMaxBody = 1_600
    /// Twilio's `ValidityPeriod` at most, in seconds.
    package var twilioMaxValidity: Int64 = 36_000
    /// Kannel's `validity` at most, in minutes: SMSCs rarely keep a message longer than a week.
    package var kannelMaxValidity: Int64 = 10_080
    package var keywords = ReplyKeywords()

    package init() {}
}

/// Which encoding a text may get.
package enum SMSEncodingPolicy: String, Sendable, CaseIterable {
    /// GSM 7 bit when it can write the text, else UCS-2.
    case auto
    /// GSM 7 bit always: other characters are transliterated, emoji dropped, and what is left over refuses the message.
    case gsmOnly = "gsm_only"
    case ucs2
}
