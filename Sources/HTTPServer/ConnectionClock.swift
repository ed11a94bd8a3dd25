/// When the things happened that deadlines count from, in monotonic milliseconds.
struct ConnectionClock {
    /// Accepted, or the last answer done.
    var idleSince: Int64
    /// Whether a request has been served: before that, `idleSince` counts for the head.
    var hasServed = false
    /// First byte of an unfinished head.
    var headStart: Int64?
    var bodyStart: Int64 = 0
    var bodyBytes: Int64 = 0
    /// Since when the handler, not the sender, has been slow.
    var bodyPausedAt: Int64?
    /// Last time that output moved, or started to wait.
    var outputMoved: Int64 = 0
    var lingerStart: Int64 = 0
    /// The earliest look that the loop owes, if any.
    var promisedAt: Int64 = .max

    init(now: Int64) { idleSince = now }

    mutating func bodyBegins(now: Int64) {
        bodyStart = now
        bodyBytes = 0
        bodyPausedAt = nil
    }

    /// Takes the time during which nobody read out of the rate.
    mutating func bodyResumed(now: Int64) {
        guard let paused = bodyPausedAt else { return }
        bodyStart += now - paused
        bodyPausedAt = nil
    }

    /// When the body falls below its rate if no further byte comes.
    func bodyDeadline(grace: Int64, bytesPerSecond: Int64) -> Int64 {
        bodyStart + grace + bodyBytes / max(1, bytesPerSecond) * 1000
    }
}
