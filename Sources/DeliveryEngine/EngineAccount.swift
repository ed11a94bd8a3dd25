package import Core
package import Curl

/// What the engine needs to send through one configured account.
package struct EngineAccount: Sendable {
    /// `account.id` of the store.
    package let id: Int64
    package let account: Account
    /// Called once, on the sender thread that will own the adapter.
    package let makeAdapter: @Sendable () throws -> any ChannelAdapter
    package let transport: TransportOptions
    /// Connections to one host, and messages in flight over all of them.
    package let connections: Int
    package let maxInFlight: Int
    /// Messages per second; nil leaves the pace to the provider.
    package let ratePerSecond: Double?

    package init(id: Int64, account: Account, transport: TransportOptions, connections: Int, maxInFlight: Int,
                 ratePerSecond: Double?, makeAdapter: @escaping @Sendable () throws -> any ChannelAdapter) {
        self.id = id
        self.account = account
        self.transport = transport
        self.connections = connections
        self.maxInFlight = maxInFlight
        self.ratePerSecond = ratePerSecond
        self.makeAdapter = makeAdapter
    }
}
