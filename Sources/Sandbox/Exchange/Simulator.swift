package import Core

/// One provider: pure judgement of requests. Any thread may call it; what it must remember is behind locks.
package protocol Simulator: Sendable {
    var channel: Channel { get }

    /// Checks a request as the provider does and says what it answers.
    func judge(_ request: ProviderRequest, now: Timestamp) -> Verdict

    /// The provider's own answer for a failure that was asked for, to a request that it would have accepted;
    /// nil when the provider has no answer of that name.
    func answer(to fault: Fault.Refusal, _ verdict: Verdict, now: Timestamp) -> ProviderAnswer?

    /// The reports that follow when a message was taken and then could not be delivered; nil when the provider never says so.
    func callbacksWhenUndelivered(_ request: ProviderRequest, _ verdict: Verdict, now: Timestamp) -> [ProviderCallback]?
}

extension Simulator {
    package func callbacksWhenUndelivered(
        _ request: ProviderRequest, _ verdict: Verdict, now: Timestamp
    ) -> [ProviderCallback]? { nil }
}
