/// When to try again: exponential backoff with full jitter, never below the provider's wait, a bounded number of times.
package struct RetryPolicy: Sendable {
    package var maxAttempts = 6
    package var base = Duration.seconds(1)
    package var cap = Duration.seconds(300)

    package init() {}

    /// The wait before the next attempt, or nil when there is none: the attempts are used up or the message would expire first.
    ///
    /// - Parameters:
    ///   - attempt: how many attempts were made, from 1.
    ///   - floor: the provider's own wait (`Retry-After`), which wins over the jitter.
    ///   - random: uniform in 0..<1.
    package func delay(afterAttempt attempt: Int, floor: Duration?, random: Double, now: Timestamp,
                       expiresAt: Timestamp?) -> Duration? {
        guard attempt < maxAttempts else { return nil }
        let exponential = min(cap, base * (1 << min(max(attempt, 0), 20)))
        let jittered = Duration.milliseconds(Int64(Double(exponential.milliseconds) * random))
        let delay = max(jittered, floor ?? .zero)
        if let expiresAt, now + delay >= expiresAt { return nil }
        return delay
    }
}
