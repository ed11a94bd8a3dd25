package import Core

/// What became of one attempt, as the ledger takes it.
package struct DeliveryResult: Sendable {
    package enum Verdict: Sendable, Equatable {
        case accepted(providerID: String?)
        /// Back to `pending` until then. An attempt that nobody is to be charged for does not count against the policy.
        case retry(at: Timestamp, detail: String, countsAttempt: Bool)
        case rejected(Reason, detail: String)
        case expired
        /// The attempts are used up.
        case gaveUp(detail: String)
        case unknown(detail: String)
    }

    package let id: DeliveryID
    package let attempt: Int
    package let verdict: Verdict
    /// The language version that was sent; nil keeps what is there.
    package let language: String?
    /// Whose row it is; nil for a row of a campaign.
    package let message: MessageID?

    package init(id: DeliveryID, attempt: Int, verdict: Verdict, language: String? = nil, message: MessageID? = nil) {
        self.id = id
        self.attempt = attempt
        self.verdict = verdict
        self.language = language
        self.message = message
    }
}
