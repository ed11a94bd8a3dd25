package import Core

/// How an account is doing, for `/v1/accounts`, the log and `/metrics`.
package struct LaneStatus: Sendable {
    package let account: Account
    package fileprivate(set) var breaker: Breaker.State = .closed
    /// How long the breaker has not been closed, in milliseconds.
    package fileprivate(set) var troubledMilliseconds: Int64 = 0
    /// How often it was stopped until a person lets it go on, since the start.
    package var stops = 0
    package fileprivate(set) var inFlight = 0
    package fileprivate(set) var waiting = 0
    /// Messages per second that may go at the moment; nil while nothing limits them.
    package fileprivate(set) var ratePerSecond: Double?
    /// The provider asked us to wait until then.
    package fileprivate(set) var waitsUntil: Timestamp?
    /// Attempts by what came of them, since the start.
    package fileprivate(set) var outcomes: [String: Int64] = [:]
    /// From handing a request to libcurl to its answer or failure.
    package fileprivate(set) var durations = Histogram()

    init(account: Account) { self.account = account }

    mutating func count(_ outcome: Outcome, milliseconds: Int64) {
        outcomes[outcome.label, default: 0] += 1
        durations.add(Double(milliseconds) / 1_000)
    }

    mutating func update(breaker: Breaker, pace: AccountPace, inFlight: Int, waiting: Int, clock: SenderClock) {
        self.breaker = breaker.state
        troubledMilliseconds = breaker.openSince.map { clock.monotonic - $0 } ?? 0
        ratePerSecond = pace.ratePerSecond
        let left = pace.adaptive.blockedUntil - clock.monotonic
        waitsUntil = left > 0 ? clock.wall + .milliseconds(left) : nil
        self.inFlight = inFlight
        self.waiting = waiting
    }
}

extension Outcome {
    /// The word of the `result` label in `/metrics`.
    var label: String {
        switch self {
        case .accepted: "accepted"
        case .notSent: "not_sent"
        case .rejected: "rejected"
        case .configuration: "configuration"
        case .ambiguous: "ambiguous"
        }
    }
}
