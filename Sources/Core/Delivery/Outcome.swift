/// What became of one attempt, in the four classes every failure falls into. `detail` is the provider's own code
/// (`410 Unregistered`) and holds no personal data.
package enum Outcome: Sendable, Equatable {
    /// The provider took it; its id for the message when it gives one.
    case accepted(providerID: String?)
    /// The provider did not take it and said so, or never saw it: trying again cannot duplicate.
    case notSent(detail: String, retryAfter: Duration? = nil, scope: RetryScope = .message)
    /// Trying again as it is cannot succeed.
    case rejected(detail: String, address: AddressVerdict = .keep)
    /// The account's configuration or credential is refused: everything through it must stop, no recipient is charged.
    case configuration(detail: String)
    /// Bytes left and no clear answer came: it may or may not have been taken.
    case ambiguous(detail: String)
}

/// What a wait applies to.
package enum RetryScope: Sendable, Equatable {
    /// This message only (APNs `TooManyRequests` is per device token).
    case message
    /// Everything of this account (FCM quota).
    case account
    /// Everything to this origin (a web push service that throttles a sender).
    case origin
}

/// What a permanent rejection says about the address.
package enum AddressVerdict: Sendable, Equatable {
    case keep
    /// The provider does not know it, as it would with a wrong environment, topic or project of ours: it is kept, but many of them are a warning.
    case mismatch
    /// The address is dead; a registration newer than `since` (the provider's own time) keeps it alive.
    case invalid(since: Timestamp?)
    /// The provider holds a refusal of this person (a STOP it handled itself): record an opt-out.
    case optedOut
}

/// What a channel can promise about a message whose outcome a crash or a cut connection left open.
package enum DeliveryClass: String, Sendable {
    /// The provider de-duplicates by our key: resend.
    case exactlyOnce
    /// Resend with the same id and collapse key: a visible duplicate replaces the first.
    case atLeastOnce
    /// A duplicate costs money or trust: the delivery becomes `unknown`, settled by a callback or by the operator.
    case atMostOnce
}
