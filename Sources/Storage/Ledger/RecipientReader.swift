import Core

/// Looks at the recipients of one account, one after the other: may they be sent to (guarantee G4), and with what.
///
/// Lives as long as the transaction it reads in.
struct RecipientReader {
    private let account: Int64
    private let recipient: PreparedStatement
    private let tags: PreparedStatement

    enum Finding {
        case reachable(LeasedDelivery)
        case refused(Reason, detail: String?)
    }

    init(_ ledger: LedgerTransaction, account: Int64) throws {
        self.account = account
        recipient = try ledger.statement(LeaseSQL.recipient)
        tags = try ledger.statement(LeaseSQL.tags)
    }

    /// - Parameters:
    ///   - profile: who owned the subscription when the audience was frozen.
    ///   - message: what the row says, when it is no campaign's.
    func look(at subscription: Int64, of profile: Int64, row: Int64, in run: LedgerRun, attempt: Int, failures: Int,
              message: LeasedMessage? = nil) throws -> Finding {
        let found = try recipient.first(subscription) { found -> Finding in
            guard found.int(0) == profile, found.int(1) == account else { return .refused(.noSubscription, detail: "subscription_moved") }
            guard found.bool(2) else { return .refused(.noConsent, detail: nil) }
            guard found.bool(3) else { return .refused(.subscriptionInvalid, detail: nil) }
            // An address that its channel cannot read was not written by this program.
            guard let channel = Channel(rawValue: found.text(4)),
                let address = Address(channel: channel, identity: found.text(5), keys: found.optionalText(6))
            else { return .refused(.subscriptionInvalid, detail: "address_unreadable") }
            return .reachable(LeasedDelivery(
                id: DeliveryID(rawValue: row), run: run.id, campaign: run.campaign, account: account,
                attempt: attempt + 1, failures: failures, subscription: SubscriptionID(rawValue: subscription),
                profile: ProfileID(rawValue: profile), address: address,
                windowExpiresAt: found.optionalInt(7).map(Timestamp.init(milliseconds:)), subscriptionLanguage: found.optionalText(8),
                language: found.optionalText(11), country: found.optionalText(12), timezone: found.optionalText(13),
                externalID: found.text(14), attributes: found.text(15), tags: try tags.all(profile) { $0.text(0) },
                appVersion: found.optionalText(9), registeredAt: Timestamp(milliseconds: found.int(10)), expiresAt: run.expiresAt,
                message: message))
        }
        return found ?? .refused(.noSubscription, detail: "subscription_deleted")
    }
}
