package import Storage

/// What the operator allows callers: `limits` and `trusted_proxies` of the configuration.
package struct AccessLimits: Sendable {
    /// For keys that have no rate of their own. It is there to contain a client that runs wild, not to ration.
    package var rate = KeyRate(perSecond: 50_000)
    /// Failed authentications of one address in a minute, and at once; 0 for any number.
    package var failuresPerMinute: Int64 = 10
    /// Whose `X-Forwarded-For` is believed.
    package var trustedProxies: [IPNetwork] = []

    package init() {}
}
