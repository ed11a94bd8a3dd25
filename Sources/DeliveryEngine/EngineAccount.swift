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
    /// Connections to one host in each pool, messages in flight over all of them, and the pools they are split over.
    package let connections: Int
    package let maxInFlight: Int
    package let pools: Int
    /// Messages per second; nil leaves the pace to the provider.
    package let ratePerSecond: Double?
    /// How long it takes to get to that rate after a pause; nil takes the adapter's word.
    package let ramp: Duration?

    package init(id: Int64, account: Account, transport: TransportOptions, connections: Int, maxInFlight: Int,
                 pools: Int = 1, ratePerSecond: Double?, ramp: Duration? = nil,
                 makeAdapter: @escaping @Sendable () throws -> any ChannelAdapter) {
        self.id = id
        self.account = account
        self.transport = transport
        self.connections = connections
        self.maxInFlight = maxInFlight
        self.pools = pools
        self.ratePerSecond = ratePerSecond
        self.ramp = ramp
        self.makeAdapter = makeAdapter
    }
}
