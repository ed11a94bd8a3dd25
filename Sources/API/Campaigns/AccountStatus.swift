package import Core
import Linux

/// Whether an account can send at the moment, and how fast.
package struct AccountStatus: Sendable, Equatable {
    package let account: Account
    /// Why nothing goes through it now, in the provider's words and without personal data; nil when it works.
    package let trouble: String?
    /// Messages per second that may go now; nil while nothing limits them.
    package let ratePerSecond: Double?
    /// The provider asked us to wait until then.
    package let waitsUntil: Timestamp?

    package init(account: Account, trouble: String? = nil, ratePerSecond: Double? = nil, waitsUntil: Timestamp? = nil) {
        self.account = account
        self.trouble = trouble
        self.ratePerSecond = ratePerSecond
        self.waitsUntil = waitsUntil
    }
}

/// Where the engine tells how accounts are doing.
package final class AccountStatuses: Sendable {
    package typealias Provider = @Sendable () -> [AccountStatus]

    private let provider = Lock<Provider>({ [] })

    package init() {}

    /// - Parameter provider: called for every look, on any thread; must not block.
    package func register(_ new: @escaping Provider) { provider.withLock { $0 = new } }

    /// By the account's name.
    var byName: [String: AccountStatus] {
        Dictionary(provider.withLock { $0 }().map { ($0.account.name, $0) }) { first, _ in first }
    }
}
