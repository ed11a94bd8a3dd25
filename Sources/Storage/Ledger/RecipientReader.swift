import Core

/// Looks at the recipients of one account: may they be sent to (guarantee G4), and with what.
///
/// Lives as long as the transaction it reads in.
struct RecipientReader {
    private let account: Int64
    private let recipients: PreparedStatement
    private let tags: PreparedStatement

    /// A row, or one that is about to be made.
    struct Candidate {
        let row: Int64
        let run: LedgerRun
        let subscription: Int64
        /// Who owned the subscription when the audience was frozen.
        let profile: Int64
        var attempt = 0
        var failures = 0
        /// What the row says, when it is no campaign's.
        var message: LeasedMessage?
    }

    enum Finding {
        case reachable(LeasedDelivery)
        case refused(Reason, detail: String?)
    }

    init(_ ledger: LedgerTransaction, account: Int64) throws {
        self.account = account
        recipients = try ledger.statement(LeaseSQL.recipients)
        tags = try ledger.statement(LeaseSQL.tags)
    }

    /// All at once, which costs half of what a statement for each of them does.
    ///
    /// - Returns: what was found, in the order of the candidates.
    func look(at candidates: [Candidate]) throws -> [Finding] {
        var owned = [[String]](repeating: [], count: candidates.count)
        try tags.forEach(candidates.lazy.map(\.profile).json) { owned[Int($0.int(0))].append($0.text(1)) }
        var findings = [Finding](repeating: .refused(.noSubscription, detail: "subscription_deleted"), count: candidates.count)
        try recipients.forEach(candidates.lazy.map(\.subscription).json) { found in
            let index = Int(found.int(0))
            findings[index] = finding(found, for: candidates[index], tags: owned[index])
        }
        return findings
    }

    private func finding(_ found: SQLRow, for candidate: Candidate, tags: [String]) -> Finding {
        guard found.int(1) == candidate.profile, found.int(2) == account else { return .refused(.noSubscription, detail: "subscription_moved") }
        guard found.bool(3) else { return .refused(.noConsent, detail: nil) }
        guard found.bool(4) else { return .refused(.subscriptionInvalid, detail: nil) }
        // An address that its channel cannot read was not written by this program.
        guard let channel = Channel(rawValue: found.text(5)),
            let address = Address(channel: channel, identity: found.text(6), keys: found.optionalText(7))
        else { return .refused(.subscriptionInvalid, detail: "address_unreadable") }
        let recipient = LeasedRecipient(
            subscription: SubscriptionID(rawValue: candidate.subscription), profile: ProfileID(rawValue: candidate.profile), address: address,
            windowExpiresAt: found.optionalInt(8).map(Timestamp.init(milliseconds:)), subscriptionLanguage: found.optionalText(9),
            appVersion: found.optionalText(10), registeredAt: Timestamp(milliseconds: found.int(11)),
            language: found.optionalText(12), country: found.optionalText(13), timezone: found.optionalText(14),
            externalID: found.text(15), attributes: found.text(16), tags: tags)
        return .reachable(LeasedDelivery(
            id: DeliveryID(rawValue: candidate.row), run: candidate.run.id, attempt: candidate.attempt + 1, failures: candidate.failures,
            recipient: recipient, expiresAt: candidate.run.expiresAt, message: candidate.message))
    }
}
