/// Why a recipient got no message: a closed table, one per row of the ledger, counted in the report.
package enum Reason: String, Sendable, CaseIterable {
    case noConsent = "no_consent"
    case unsubscribedTopic = "unsubscribed_topic"
    case suppressed
    case policyPurposeForbidden = "policy_purpose_forbidden"
    case policyWindowClosed = "policy_window_closed"
    case quietHours = "quiet_hours"
    case capReached = "cap_reached"
    case holdout
    case exceptionEvent = "exception_event"
    case alreadyReceived = "already_received"
    case noSubscription = "no_subscription"
    case subscriptionInvalid = "subscription_invalid"
    case languageMissing = "language_missing"
    case variableMissing = "variable_missing"
    case payloadTooLarge = "payload_too_large"
    case expired
    case tooLate = "too_late"
    case campaignCancelled = "campaign_cancelled"
    case providerPermanent = "provider_permanent"
    case providerGaveUp = "provider_gave_up"
    case providerConfig = "provider_config"
    case outcomeUnknown = "outcome_unknown"
}
