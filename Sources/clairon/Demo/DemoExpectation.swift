import Core

/// What must become of one address in the campaign, derived from what is known of the person and from nothing that the
/// server says.
enum DemoOutcome: Hashable, Sendable {
    /// The provider has the message, once.
    case taken
    case skipped(Reason)
    case rejected(Reason)
}

extension DemoPerson {
    /// Whether the segment of the campaign holds for them and the exclusion does not: the same rule as
    /// `DemoCampaign.condition`, in other words.
    var isInvited: Bool { isInSegment && !isStaff }

    var isInSegment: Bool {
        tier != "bronze" || city == .paris || purchases.contains { $0.daysAgo < 30 }
    }

    /// One for each row that the ledger must hold; the address is nil in the row of someone whom no channel reaches.
    var expectations: [(address: DemoAddress?, outcome: DemoOutcome)] {
        guard isInvited else { return [] }
        if addresses.isEmpty { return [(nil, .skipped(.noSubscription))] }
        return addresses.map { ($0, outcome(of: $0)) }
    }

    /// In the order in which a delivery is checked: consent, text, the channel's policy, and last the provider.
    private func outcome(of address: DemoAddress) -> DemoOutcome {
        if address.isOptedOut { return .skipped(.noConsent) }
        if language == .spanish, firstName == nil { return .skipped(.variableMissing) }
        if address.channel == .messenger, !address.hasOpenWindow { return .skipped(.policyWindowClosed) }
        return address.isDead ? .rejected(.providerPermanent) : .taken
    }
}
