package import Core

/// What callers outside the API need of subscriptions: provider callbacks and the delivery engine.
extension Store {
    package func subscription(account: String, address: String) async throws -> Subscription? {
        try await read { try $0.subscription(account: account, address: address) }
    }

    /// - Throws: `StorageError.notFound`.
    @discardableResult
    package func optOut(subscription: SubscriptionID, proof: ConsentProof) async throws -> Subscription {
        try await write { try $0.decide(false, subscription: subscription, proof: proof) }
    }

    /// - Throws: `StorageError.notFound`.
    @discardableResult
    package func optIn(subscription: SubscriptionID, proof: ConsentProof) async throws -> Subscription {
        try await write { try $0.decide(true, subscription: subscription, proof: proof) }
    }

    @discardableResult
    package func openWindow(subscription: SubscriptionID, until: Timestamp) async throws -> Bool {
        try await write { try $0.openWindow(subscription: subscription, until: until) }
    }

    @discardableResult
    package func invalidate(subscription: SubscriptionID, reason: String, at: Timestamp,
                            unlessRegisteredAfter since: Timestamp? = nil) async throws -> Bool {
        try await write { try $0.invalidate(subscription: subscription, reason: reason, at: at, unlessRegisteredAfter: since) }
    }
}
