/// Stops an account whose provider refuses its configuration, or that fails on the whole; lets one message through
/// after a while to see whether it works again. A value; `now` is monotonic milliseconds.
package struct Breaker: Sendable {
    package enum State: Sendable, Equatable {
        case closed
        /// Nothing goes before `until`.
        case open(until: Int64, detail: String)
        /// One message is on its way to find out.
        case halfOpen(detail: String)
    }

    package private(set) var state = State.closed
    /// When it left `closed`; nil while closed.
    package private(set) var openSince: Int64?
    /// Only a person closes it.
    package private(set) var isHeld = false
    private var wait: Int64 = Breaker.firstWait
    private var samples = 0
    private var failures = 0
    private var windowStart: Int64 = 0
    /// When it last opened because too many failed.
    private var failedAt: Int64 = .min

    private static let firstWait: Int64 = 5_000
    private static let maxWait: Int64 = 300_000
    private static let window: Int64 = 10_000
    private static let minSamples = 20

    package init() {}

    /// How many messages may be started now.
    package mutating func allowance(now: Int64) -> Int {
        switch state {
        case .closed: return .max
        case .halfOpen: return 0
        case .open(let until, let detail):
            guard now >= until else { return 0 }
            state = .halfOpen(detail: detail)
            return 1
        }
    }

    /// When `allowance` may change by time alone.
    package var retryAt: Int64? { if case .open(let until, _) = state { until } else { nil } }

    /// Opens it until a person lets it go on.
    package mutating func hold(_ detail: String, now: Int64) {
        state = .open(until: .max, detail: detail)
        openSince = openSince ?? now
        isHeld = true
    }

    /// A person let it go on: one message finds out.
    package mutating func release(now: Int64) {
        isHeld = false
        rearm(now: now)
    }

    /// A half-open probe that could not be started gives its turn back.
    package mutating func probeNotStarted(now: Int64) {
        if case .halfOpen(let detail) = state { state = .open(until: now, detail: detail) }
    }

    /// New work is there: an open breaker may try at once, and its time of trouble begins anew.
    package mutating func rearm(now: Int64) {
        guard !isHeld, case .open(_, let detail) = state else { return }
        state = .open(until: now, detail: detail)
        openSince = now
        wait = Breaker.firstWait
    }

    /// A clear answer came, whatever it says about the one message.
    ///
    /// - Parameter sentAt: when that message left: what did so before too many failed proves nothing.
    package mutating func worked(sentAt: Int64, now: Int64) {
        guard !isHeld, sentAt >= failedAt else { return }
        if state != .closed {
            state = .closed
            openSince = nil
            wait = Breaker.firstWait
            samples = 0
            failures = 0
        }
        count(failed: false, now: now)
    }

    /// No answer, or the provider's own failure: opens at half of at least 20 within 10 s.
    package mutating func failed(_ detail: String, now: Int64) {
        if case .halfOpen = state { return trip(detail, now: now) }
        count(failed: true, now: now)
        guard state == .closed, samples >= Breaker.minSamples, failures * 2 >= samples else { return }
        trip(detail, now: now)
        failedAt = now
    }

    /// The credential or the configuration was refused: opens at once.
    package mutating func refused(_ detail: String, now: Int64) {
        if case .open = state { return }
        trip(detail, now: now)
    }

    private mutating func trip(_ detail: String, now: Int64) {
        state = .open(until: now + wait, detail: detail)
        openSince = openSince ?? now
        wait = min(wait * 2, Breaker.maxWait)
        samples = 0
        failures = 0
    }

    private mutating func count(failed: Bool, now: Int64) {
        if now - windowStart > Breaker.window {
            windowStart = now
            samples = 0
            failures = 0
        }
        samples += 1
        if failed { failures += 1 }
    }
}
