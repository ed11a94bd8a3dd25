import Core
import Curl
import Storage

/// One account on its sender thread: leases deliveries, renders them, commits the intent, sends, classifies and
/// records. Nothing here blocks: every call to the ledger is answered later through `receive`.
///
/// At any time a delivery is in exactly one place: `backlog` (leased), `intending` (the intent is being committed),
/// `inFlight` (bytes may have left), `results` (answered, not yet recorded).
final class Lane {
    private let configuration: EngineAccount
    private let adapter: any ChannelAdapter
    private let multi: Multi
    private let ledger: LaneLedger
    private let retry = RetryPolicy()

    private var bucket: TokenBucket?
    private var breaker = Breaker()
    private var credential = Credential.unknown
    private var runs: [SendingRun] = []
    private var backlog = Backlog()
    private var isLeasing = false
    /// Runs that had nothing due at the last look, and when the earliest retry is.
    private var exhausted: [RunID: Timestamp] = [:]
    /// Web push services that asked us to wait, by origin.
    private var heldOrigins: [String: Timestamp] = [:]
    private var intending: [UInt64: [PreparedDelivery]] = [:]
    private var inFlight: [UInt64: PreparedDelivery] = [:]
    private var results: [DeliveryResult] = []
    private var resultsSince: Int64 = 0
    /// After a failed write (a full disk): when to ask the ledger again.
    private var ledgerNotBefore: Int64 = 0
    private var recording = 0
    private var lastToken: UInt64 = 0
    private var isDraining = false
    private(set) var status: LaneStatus

    private static let maxIntents = 64
    private static let maxResults = 256
    private static let resultWait: Int64 = 20
    private static let maxUnrecorded = 1_024
    private static let credentialToken = UInt64.max

    private enum Credential: Equatable {
        case unknown, ready, requested
        case refused(until: Int64)
    }

    init(_ configuration: EngineAccount, ledger: LaneLedger, now: Int64) throws {
        self.configuration = configuration
        self.ledger = ledger
        adapter = try configuration.makeAdapter()
        multi = try Multi(options: configuration.transport, connections: configuration.connections,
                          maxInFlight: configuration.maxInFlight)
        bucket = configuration.ratePerSecond.map { TokenBucket(rate: $0, now: now) }
        status = LaneStatus(account: configuration.account)
    }

    /// Watch this for `readable`, then call `step`.
    var rawDescriptor: Int32 { multi.rawDescriptor }

    /// Whether nothing is left between the ledger and the wire.
    var isDrained: Bool {
        backlog.count == 0 && intending.isEmpty && inFlight.isEmpty && results.isEmpty && recording == 0 && !isLeasing
    }

    /// Rows of this lane that may be in `sending`.
    var exposed: Int { intending.values.reduce(0) { $0 + $1.count } + inFlight.count + results.count }

    // MARK: What comes in

    func update(runs: [SendingRun], clock: SenderClock) {
        self.runs = runs
        exhausted = [:]
        ledger.release(backlog.update(runs: isDraining ? [] : runs), now: clock.wall)
    }

    func drain(clock: SenderClock) {
        isDraining = true
        ledger.release(backlog.removeAll(), now: clock.wall)
    }

    func receive(_ answer: LaneAnswer, clock: SenderClock) {
        switch answer {
        case .leased(let result):
            isLeasing = false
            guard let lease = try? result.get() else { return waitForLedger(clock) }
            for rest in lease.rests where !rest.hasMore { exhausted[rest.run] = rest.nextAt ?? .distantFuture }
            let strangers = isDraining ? lease.deliveries.map(\.id) : backlog.append(lease.deliveries)
            ledger.release(strangers, now: clock.wall)
        case .intended(let batch, let result):
            let prepared = intending.removeValue(forKey: batch) ?? []
            guard let cleared = try? result.get() else {
                // Nothing was committed: they are leased as before.
                waitForLedger(clock)
                breaker.probeNotStarted(now: clock.monotonic)
                return ledger.release(backlog.append(prepared.map(\.delivery)), now: clock.wall)
            }
            intended(prepared, cleared: cleared, clock: clock)
        case .recorded(let written, let result):
            recording -= 1
            if case .failure = result {
                // A full disk: results are never dropped, they wait for room.
                results += written
                waitForLedger(clock)
            }
        case .settled: break
        }
    }

    private func waitForLedger(_ clock: SenderClock) { ledgerNotBefore = clock.monotonic + 1_000 }

    /// The intent of `cleared` is committed: they go. The others lost their consent or their campaign meanwhile and
    /// are pending again.
    private func intended(_ batch: [PreparedDelivery], cleared: Set<DeliveryID>, clock: SenderClock) {
        if cleared.isEmpty { breaker.probeNotStarted(now: clock.monotonic) }
        for prepared in batch where cleared.contains(prepared.id) {
            lastToken += 1
            inFlight[lastToken] = prepared
            multi.add(TransferRequest(prepared.request, mayRepeat: false), token: lastToken)
        }
    }

    // MARK: The turn of the lane

    /// Does everything that is due.
    ///
    /// - Throws: `CurlError` when libcurl itself fails: a bug or a lack of memory or descriptors.
    func step(clock: SenderClock) throws {
        try pump(clock: clock)
        if !isDraining {
            askForCredential(clock: clock)
            begin(clock: clock)
            leaseMore(clock: clock)
        }
        // What was just added is written now, not at the next event.
        try pump(clock: clock)
        flush(clock: clock)
        status.update(breaker: breaker, inFlight: inFlight.count, waiting: backlog.count, now: clock.monotonic)
    }

    /// When `step` is due without any event, in monotonic milliseconds.
    func deadline(clock: SenderClock) -> Int64? {
        let now = clock.monotonic
        var times: [Int64] = ledgerNotBefore > now ? [ledgerNotBefore] : []
        if let due = exhausted.values.min(), due > clock.wall { times.append(clock.monotonic + (due - clock.wall).milliseconds) }
        if let time = multi.deadline { times.append(time) }
        if !results.isEmpty { times.append(max(resultsSince + Lane.resultWait, ledgerNotBefore)) }
        if backlog.count > 0, !isDraining, multi.free > reserved {
            if let time = breaker.retryAt {
                times.append(time)
            } else if case .refused(let until) = credential {
                times.append(until)
            } else if let bucket, bucket.nextAt(now: now) > now {
                times.append(bucket.nextAt(now: now))
            } else if let time = backlog.nextAt(now: now), time > now {
                times.append(time)
            }
        }
        return times.min()
    }

    private var reserved: Int { intending.values.reduce(0) { $0 + $1.count } }

    private func pump(clock: SenderClock) throws(CurlError) {
        try multi.advance()
        multi.drain { finish($0, clock: clock) }
    }

    private func askForCredential(clock: SenderClock) {
        guard backlog.count > 0 || !runs.isEmpty, credential != .requested, multi.free > reserved else { return }
        if case .refused(let until) = credential, clock.monotonic < until { return }
        guard let request = adapter.credentialRequest(now: clock.wall) else {
            credential = .ready
            return
        }
        credential = .requested
        multi.add(TransferRequest(request, mayRepeat: true), token: Lane.credentialToken)
    }

    /// Renders as many as may go now and commits the intent to send them.
    private func begin(clock: SenderClock) {
        guard backlog.count > 0, credential == .ready, intending.count < 2, clock.monotonic >= ledgerNotBefore,
            results.count + recording * Lane.maxResults < Lane.maxUnrecorded
        else { return }
        var room = min(Lane.maxIntents, multi.free - reserved)
        if bucket != nil { room = min(room, bucket?.available(now: clock.monotonic) ?? 0) }
        guard room > 0 else { return }
        room = min(room, breaker.allowance(now: clock.monotonic))
        guard room > 0 else { return }

        var batch: [PreparedDelivery] = []
        var refusals: [Refusal] = []
        while batch.count < room, refusals.count < Lane.maxResults, let next = backlog.next(now: clock.monotonic) {
            switch prepare(next.delivery, of: next.run, clock: clock) {
            case .ready(let prepared): batch.append(prepared)
            case .refused(let refusal):
                refusals.append(refusal)
                next.run.pace?.giveBack(1)
            case .held(let until):
                ledger.postpone([next.delivery.id], until: until, now: clock.wall)
                next.run.pace?.giveBack(1)
            }
        }
        ledger.refuse(refusals, now: clock.wall)
        guard !batch.isEmpty else { return breaker.probeNotStarted(now: clock.monotonic) }
        bucket?.take(batch.count)
        lastToken += 1
        intending[lastToken] = batch
        ledger.intend(batch.map(\.id), batch: lastToken, now: clock.wall)
    }

    private enum Preparation {
        case ready(PreparedDelivery)
        case refused(Refusal)
        /// Its origin asked us to wait.
        case held(until: Timestamp)
    }

    private func prepare(_ delivery: LeasedDelivery, of run: SendingRun, clock: SenderClock) -> Preparation {
        let message: Message
        switch run.render(delivery) {
        case .message(let rendered): message = rendered
        case .skipped(let reason, let detail, let language):
            return .refused(Refusal(id: delivery.id, reason: reason, detail: detail, language: language))
        }
        let recipient = Recipient(address: delivery.address, windowExpiresAt: delivery.windowExpiresAt)
        switch adapter.prepare(message, to: recipient, now: clock.wall) {
        case .refused(let reason, let detail):
            return .refused(Refusal(id: delivery.id, reason: reason, detail: detail, language: message.language))
        case .request(let request):
            if !heldOrigins.isEmpty, let until = heldOrigins[origin(of: request.url)] {
                if until > clock.wall { return .held(until: until) }
                heldOrigins[origin(of: request.url)] = nil
            }
            return .ready(PreparedDelivery(delivery: delivery, language: message.language, request: request))
        }
    }

    private func leaseMore(clock: SenderClock) {
        guard !isLeasing, clock.monotonic >= ledgerNotBefore, breaker.state == .closed || backlog.count == 0 else { return }
        let hungry = runs.filter { exhausted[$0.run].map { $0 <= clock.wall } ?? true }
        // A second's worth at the account's rate, so that a slow account holds few rows.
        let target = min(1_024, max(64, Int(configuration.ratePerSecond ?? 1_024)))
        guard !hungry.isEmpty, backlog.count <= target / 2 else { return }
        let share = max(1, target / hungry.count)
        let shares = hungry.map { run in
            let limit = min(share, run.pace?.ratePerSecond ?? share)
            return LeaseShare(run: run.run, limit: limit - backlog.waiting(in: run.run))
        }.filter { $0.limit > 0 }
        guard !shares.isEmpty else { return }
        isLeasing = true
        ledger.lease(shares, now: clock.wall)
    }

    private func flush(clock: SenderClock) {
        guard !results.isEmpty, clock.monotonic >= ledgerNotBefore else { return }
        guard results.count >= Lane.maxResults || clock.monotonic >= resultsSince + Lane.resultWait || inFlight.isEmpty
        else { return }
        while !results.isEmpty {
            let batch = Array(results.prefix(Lane.maxResults))
            results.removeFirst(batch.count)
            recording += 1
            ledger.record(batch, now: clock.wall)
        }
    }

    // MARK: What comes back from the wire

    private func finish(_ completion: Completion, clock: SenderClock) {
        if completion.token == Lane.credentialToken { return finishCredential(completion.result, clock: clock) }
        guard let prepared = inFlight.removeValue(forKey: completion.token) else {
            preconditionFailure("a transfer ends once, and was in flight")
        }
        let outcome = switch completion.result {
        case .reply(let reply): adapter.outcome(of: ProviderReply(reply), now: clock.wall)
        case .failed(let failure): Outcome(failure)
        }
        status.count(outcome)
        settle(outcome, of: prepared, answered: completion.result.isReply, clock: clock)
    }

    private func finishCredential(_ result: TransferResult, clock: SenderClock) {
        let outcome = switch result {
        case .reply(let reply): adapter.acceptCredential(ProviderReply(reply), now: clock.wall)
        case .failed(let failure): Outcome(failure)
        }
        switch outcome {
        case .accepted:
            credential = .ready
            breaker.probeNotStarted(now: clock.monotonic)
        case .configuration(let detail), .rejected(let detail, _):
            credential = .refused(until: clock.monotonic + 30_000)
            breaker.refused(detail, now: clock.monotonic)
        case .notSent(let detail, let retryAfter, _):
            credential = .refused(until: clock.monotonic + max(1_000, retryAfter?.milliseconds ?? 0))
            breaker.failed(detail, now: clock.monotonic)
        case .ambiguous(let detail):
            credential = .refused(until: clock.monotonic + 1_000)
            breaker.failed(detail, now: clock.monotonic)
        }
    }

    /// Turns an outcome into the row's next state, and into what the account learns from it.
    private func settle(_ outcome: Outcome, of prepared: PreparedDelivery, answered: Bool, clock: SenderClock) {
        switch outcome {
        case .accepted(let providerID):
            breaker.worked(now: clock.monotonic)
            record(.accepted(providerID: providerID), prepared, clock)
        case .rejected(let detail, let verdict):
            breaker.worked(now: clock.monotonic)
            record(.rejected(.providerPermanent, detail: detail), prepared, clock)
            ledger.heed(verdict, of: prepared.delivery, detail: detail, now: clock.wall)
        case .configuration(let detail):
            if adapter.faultScope == .origin {
                // The endpoint is a stranger's: its refusal says nothing about our configuration.
                hold(.origin, for: .seconds(300), url: prepared.request.url, clock: clock)
                return recordRetry(prepared, detail: detail, floor: .seconds(300), otherwise: .gaveUp(detail: detail), clock)
            }
            breaker.refused(detail, now: clock.monotonic)
            credential = .unknown
            record(.retry(at: clock.wall + .seconds(5), detail: detail, countsAttempt: false), prepared, clock)
        case .notSent(let detail, let retryAfter, let scope):
            if answered { breaker.worked(now: clock.monotonic) } else { failed(detail, clock) }
            hold(scope, for: retryAfter, url: prepared.request.url, clock: clock)
            recordRetry(prepared, detail: detail, floor: retryAfter, otherwise: .gaveUp(detail: detail), clock)
        case .ambiguous(let detail):
            failed(detail, clock)
            let unknown = DeliveryResult.Verdict.unknown(detail: detail)
            guard adapter.deliveryClass != .atMostOnce else { return record(unknown, prepared, clock) }
            recordRetry(prepared, detail: detail, floor: nil, otherwise: unknown, clock)
        }
    }

    /// No clear answer. One stranger's endpoint that is down must not stop the others.
    private func failed(_ detail: String, _ clock: SenderClock) {
        if adapter.faultScope != .origin { breaker.failed(detail, now: clock.monotonic) }
    }

    private func recordRetry(_ prepared: PreparedDelivery, detail: String, floor: Duration?,
                             otherwise: DeliveryResult.Verdict, _ clock: SenderClock) {
        let delivery = prepared.delivery
        let delay = retry.delay(afterAttempt: delivery.failures + 1, floor: floor, random: Double.random(in: 0..<1),
                                now: clock.wall, expiresAt: delivery.expiresAt)
        record(delay.map { .retry(at: clock.wall + $0, detail: detail, countsAttempt: true) } ?? otherwise, prepared, clock)
    }

    private func hold(_ scope: RetryScope, for wait: Duration?, url: String, clock: SenderClock) {
        guard let wait, wait > .zero else { return }
        switch scope {
        case .message: break
        case .account:
            if bucket == nil { bucket = TokenBucket(rate: 10_000, now: clock.monotonic) }
            bucket?.block(until: clock.monotonic + wait.milliseconds)
        case .origin: heldOrigins[origin(of: url)] = clock.wall + wait
        }
    }

    private func record(_ verdict: DeliveryResult.Verdict, _ prepared: PreparedDelivery, _ clock: SenderClock) {
        if results.isEmpty { resultsSince = clock.monotonic }
        results.append(DeliveryResult(id: prepared.id, attempt: prepared.delivery.attempt, verdict: verdict,
                                      language: prepared.language))
    }

    /// `scheme://host:port` of a URL this program has made or checked.
    private func origin(of url: String) -> String {
        var slashes = 0
        return String(url.prefix { character in
            if character == "/" { slashes += 1 }
            return slashes < 3
        })
    }
}

/// A delivery whose request is ready.
struct PreparedDelivery {
    let delivery: LeasedDelivery
    let language: String
    let request: OutboundRequest

    var id: DeliveryID { delivery.id }
}
