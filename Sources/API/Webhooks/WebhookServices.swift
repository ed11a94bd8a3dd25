/// What the endpoints of webhooks need besides the store.
package struct WebhookServices: Sendable {
    /// The operator lets endpoints be private, loopback or without TLS.
    let allowsPrivate: Bool
    /// Called after something has become due, once that is durable; must not block.
    let wake: @Sendable () -> Void

    package init(allowsPrivate: Bool, wake: @escaping @Sendable () -> Void) {
        self.allowsPrivate = allowsPrivate
        self.wake = wake
    }
}
