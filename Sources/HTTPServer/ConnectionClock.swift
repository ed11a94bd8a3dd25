/// When the things happened that deadlines count from, in monotonic milliseconds.
struct ConnectionClock {
    /// Accepted, or the last answer done.
    var idleSince: Int64
    /// Whether a request has been served: before that, `idleSince` counts for the head.
    var hasServed = false
    /// Whether more than one has.
    var isProven = false
    /// First byte of an unfinished head.
    var headStart: Int64?
    /// First byte of the head of the request whose body arrives.
    var requestStart: Int64 = 0
    var bodyStart: Int64 = 0
    var bodyBytes: Int64 = 0
    /// Since when the handler, not the sender, has been slow.
    var bodyPausedAt: Int64?
    /// Bytes given to the transport so far.
    var written: Int64 = 0
    /// While output waits for the other end: since when, and what that had acknowledged then.
    var stalledAt: Int64?
    var acknowledged: Int64 = 0
    var lingerStart: Int64 = 0
    /// Last bytes thrown away while lingering.
    var lingerHeard: Int64 = 0
    /// The earliest look that the loop owes, if any.
    var promisedAt: Int64 = .max

    init(now: Int64) { idleSince = now }

    mutating func bodyBegins(now: Int64) {
        requestStart = headStart ?? now
        bodyStart = now
        bodyBytes = 0
        bodyPausedAt = nil
    }

    /// Takes the time during which nobody read out of the rate.
    mutating func bodyResumed(now: Int64) {
        guard let paused = bodyPausedAt else { return }
        bodyStart += now - paused
        requestStart += now - paused
        bodyPausedAt = nil
    }

    /// When the body falls below its rates if no further byte comes.
    func bodyDeadline(_ limits: ServerConfiguration) -> Int64 {
        let steady = bodyStart + limits.bodyGraceMilliseconds + bodyBytes / max(1, limits.bodyBytesPerSecond) * 1000
        let whole = requestStart + limits.requestMilliseconds + bodyBytes * 1000 / max(1, limits.requestBytesPerSecond)
        return min(steady, whole)
    }
}
