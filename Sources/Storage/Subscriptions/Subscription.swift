package import Core

/// One address of one person on one account.
package struct Subscription: Sendable, Equatable {
    package enum Status: Sendable, Equatable {
        case active
        /// A provider said that the address is dead.
        case invalid(reason: String, at: Timestamp)
    }

    package let id: SubscriptionID
    package let profile: ProfileID
    package let profileExternalID: String
    package let channel: Channel
    package let account: String
    /// `account.id`: there even when the account is not configured any more.
    let accountRow: Int64
    /// What identifies the address (`Address.identity`): a secret or a personal fact, not to be shown.
    package let identity: String
    /// What else sending needs, as stored (`Address.keys`).
    package let keys: String?
    package let optIn: Bool
    package let status: Status
    /// Sorted.
    package let topics: [String]
    package let language: String?
    package let appVersion: String?
    package let os: String?
    package let windowExpiresAt: Timestamp?
    package let registeredAt: Timestamp
    package let updatedAt: Timestamp

    /// Nil when the row does not fit its channel.
    package var address: Address? { Address(channel: channel, identity: identity, keys: keys) }
}

/// What an app or a site says when it registers an address.
package struct Registration: Sendable {
    /// The owner's external id; an unknown one becomes an empty profile.
    package var profile: String
    package var account: String
    package var address: Address
    /// Nil leaves the opt-in as it is; a new address starts without.
    package var optIn: Bool?
    package var proof: ConsentProof?
    package var language: FieldChange<String> = .keep
    package var appVersion: FieldChange<String> = .keep
    package var os: FieldChange<String> = .keep

    package init(profile: String, account: String, address: Address, optIn: Bool? = nil, proof: ConsentProof? = nil) {
        self.profile = profile
        self.account = account
        self.address = address
        self.optIn = optIn
        self.proof = proof
    }
}
