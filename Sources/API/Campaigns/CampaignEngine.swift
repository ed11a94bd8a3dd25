package import Core
package import Storage

/// What the API needs of the delivery engine.
package protocol CampaignEngine: Sendable {
    /// Looks at the campaigns now: something about them has changed. Called after the change is durable; must not block.
    func wake()

    /// How each account is doing; called on any thread, must not block.
    var accountStatuses: [AccountStatus] { get }
}

/// Whether an account can send at the moment.
package struct AccountStatus: Sendable, Equatable {
    package let account: Account
    /// Why nothing goes through it now, in the provider's words and without personal data; nil when it works.
    package let trouble: String?

    package init(account: Account, trouble: String? = nil) {
        self.account = account
        self.trouble = trouble
    }
}

/// What the endpoints of campaigns and their deliveries share.
package struct CampaignServices: Sendable {
    let ledger: Ledger
    let engine: any CampaignEngine
    let rates = SendRates()

    package init(ledger: Ledger, engine: any CampaignEngine) {
        self.ledger = ledger
        self.engine = engine
    }
}
