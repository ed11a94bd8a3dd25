import Core
import Curl
import Failpoints
import Storage

/// One account on its sender thread: leases deliveries, renders them, commits the intent, sends, classifies and
/// records. Nothing here blocks: every call to the ledger is answered later through `receive`.
///
/// At any time a delivery is in exactly one place: `backlog` (leased), `intending` (the intent is being committed),
/// `ready` (it is, and waits for a place and its turn), `inFlight` (bytes may have left), `results` (answered, not yet recorded).
/// Those of messages go before those of campaigns, in statements of their own, and some places on the wire are kept for them.
final class Lane {
    let configuration: EngineAccount
    let adapter: any ChannelAdapter
    let multi: Multi
    let ledger: LaneLedger
    let retry = RetryPolicy()

    var pace: AccountPace
    var paceMemory: PaceMemory
    var breaker = Breaker()
    var credential = Credential.unknown
    private(set) var runs: [SendingRun] = []
    private var backlog: Backlog
    private var isLeasing = false
    /// Rows of messages are due, and whether they are being leased.
    private var hasUrgent = false
    private var isLeasingUrgent = false
    /// Runs that had nothing due at the last look, and when the earliest retry is.
    private var exhausted: [RunID: Timestamp] = [:]
    /// Where each recipient brings a server of its own.
    var origins: OriginBook
    /// When the origin that campaigns wait for owes an answer, in monotonic milliseconds.
    private var overdueAt: Int64?
    var intending: [UInt64: [PreparedDelivery]] = [:]
    var ready = ReadyQueue()
    var inFlight: [UInt64: PreparedDelivery] = [:]
    var results: [DeliveryResult] = []
    var resultsSince: Int64 = 0
    /// Errands that failed, to be repeated.
    private var unsettled: [Errand] = []
    /// When anything at all was last answered, and when something was last taken.
    var answeredAt: Int64 = 0
    var acceptedAt: Int64 = 0
    /// Deliveries whose attempt the provider called a fault of the configuration, and when.
    var refusedAt: [DeliveryID: Int64] = [:]
    /// What the provider says about addresses, until it can be believed.
    var verdicts = WaveGuard<Errand>()
    /// Runs that were there when a wave stopped the account, or have come since: one that comes back was resumed by a person.
    var stopped: Set<RunID> = []
    private var steppedAt: Int64 = 0
    /// After a failed write (a full disk): when to ask the ledger again.
    private var ledgerNotBefore: Int64 = 0
    private var recording = 0
    var lastToken: UInt64 = 0
    /// The last handing over ended because enough had begun at once.
    var handsOverMore = false
    private var isDraining = false
    var status: LaneStatus

    private static let maxIntents = 128
    private static let maxResults = 256
    private static let resultWait: Int64 = 20
    private static let maxUnrecorded = 1_024
    /// Rows of messages that are held at a time; what comes beyond goes back.
    private static let maxUrgent = 1_024
    static let credentialToken = UInt64.max

    enum Credential: Equatable {
        case unknown, ready, requested
        case refused(until: Int64)
    }

    /// - Parameter saved: what an earlier process had learnt of the account's limits.
    init(_ configuration: EngineAccount, messages: SendingRun, ledger: LaneLedger, saved: SavedPace?, clock: SenderClock) throws {
        self.configuration = configuration
        backlog = Backlog(messages: messages)
        self.ledger = ledger
        adapter = try configuration.makeAdapter()
        multi = try Multi(options: configuration.transport, connections: configuration.connections,
                          maxInFlight: configuration.maxInFlight, pools: configuration.pools)
        pace = AccountPace(ceiling: configuration.ratePerSecond, ramp: configuration.ramp ?? adapter.ramp)
        paceMemory = PaceMemory(saved)
        origins = OriginBook(places: configuration.maxInFlight)
        if let saved { pace.restore(saved, clock) }
        status = LaneStatus(account: configuration.account)
    }

    /// Watch this for `readable`, then call `step`.
    var rawDescriptor: Int32 { multi.rawDescriptor }

    /// Whether nothing is left between the ledger and the wire.
    var isDrained: Bool {
        backlog.count == 0 && intending.isEmpty && ready.isEmpty && inFlight.isEmpty && results.isEmpty && recording == 0 && !isLeasing
            && !isLeasingUrgent && unsettled.isEmpty
    }

    // MARK: What comes in

    func update(runs: [SendingRun], clock: SenderClock) {
        let known = Set(self.runs.map(\.run))
        let new = runs.map(\.run).filter { !known.contains($0) }
        // New or resumed work gives an account in trouble a fresh chance, and its patience back.
        if !new.isEmpty { breaker.rearm(now: clock.monotonic) }
        if breaker.isHeld { heed(returning: new, clock) }
        self.runs = runs
        exhausted = [:]
        release(backlog.update(runs: isDraining ? [] : runs), clock)
        withdraw(keeping: isDraining ? nil : Set(runs.map(\.run)), clock)
    }

    func drain(clock: SenderClock) {
        isDraining = true
        release(backlog.removeAll(), clock)
        withdraw(keeping: nil, clock)
    }

    func messagesAreDue() { hasUrgent = true }

    func receive(_ answer: LaneAnswer, clock: SenderClock) {
        switch answer {
        case .leased(let result):
            isLeasing = false
            guard let lease = try? result.get() else { return waitForLedger(clock) }
            for rest in lease.rests where !rest.hasMore { exhausted[rest.run] = rest.nextAt ?? .distantFuture }
            let strangers = isDraining ? lease.deliveries.map(\.id) : backlog.append(lease.deliveries)
            release(strangers, clock)
        case .urgentLeased(let result):
            isLeasingUrgent = false
            guard let lease = try? result.get() else { return waitForLedger(clock) }
            take(lease, clock: clock)
        case .intended(let batch, let result):
            let prepared = intending.removeValue(forKey: batch) ?? []
            guard let cleared = try? result.get() else {
                // Nothing was committed: they are leased as before.
                waitForLedger(clock)
                breaker.probeNotStarted(now: clock.monotonic)
                for one in prepared { left(one, isReply: false, clock) }
                return release(backlog.append(prepared.map(\.delivery)), clock)
            }
            intended(prepared, cleared: cleared, clock: clock)
        case .recorded(let written, let result):
            recording -= 1
            if case .failure = result {
                // A full disk: results are never dropped, they wait for room.
                results += written
                waitForLedger(clock)
            }
        case .settled(let errand, .failure(let error)):
            // A person who was erased meanwhile needs no word about the address.
            if let error = error as? StorageError, error == .notFound { return }
            // A newer one is written instead of it.
            if case .keep = errand { return paceMemory.forget() }
            unsettled.append(errand)
            waitForLedger(clock)
        case .settled(_, .success): break
        }
    }

    /// Takes over rows of messages that are leased for this account.
    func take(_ lease: UrgentLease, clock: SenderClock) {
        hasUrgent = hasUrgent || lease.hasMore
        let places = isDraining ? 0 : max(0, Lane.maxUrgent - backlog.urgentCount)
        release(lease.deliveries.dropFirst(places).map(\.id) + backlog.append(Array(lease.deliveries.prefix(places))), clock)
    }

    private func release(_ ids: [DeliveryID], _ clock: SenderClock) {
        if !ids.isEmpty { ledger.run(.release(ids), now: clock.wall) }
    }

    private func waitForLedger(_ clock: SenderClock) { ledgerNotBefore = clock.monotonic + 1_000 }

    // MARK: The turn of the lane

    /// Does everything that is due.
    ///
    /// - Throws: `CurlError` when libcurl itself fails: a bug or a lack of memory or descriptors.
    func step(clock: SenderClock) throws {
        steppedAt = clock.monotonic
        try pump(clock: clock)
        handOver(clock: clock)
        if !unsettled.isEmpty, clock.monotonic >= ledgerNotBefore {
            for errand in unsettled { ledger.run(errand, now: clock.wall) }
            unsettled = []
        }
        settleVerdicts(isEnding: isDraining, clock)
        if clock.monotonic >= ledgerNotBefore, let news = paceMemory.news(of: pace, clock) { ledger.run(.keep(news), now: clock.wall) }
        // A probe whose answer said nothing about the account: another message is one.
        if inFlight.isEmpty, intending.isEmpty, ready.isEmpty { breaker.probeNotStarted(now: clock.monotonic) }
        if !isDraining {
            askForCredential(clock: clock)
            begin(clock: clock)
            leaseUrgent(clock: clock)
            leaseMore(clock: clock)
        }
        // What was just added is written now, not at the next event.
        try pump(clock: clock)
        flush(clock: clock)
        status.update(breaker: breaker, pace: pace, inFlight: inFlight.count, waiting: backlog.count + ready.count, clock: clock)
    }

    /// When `step` is due without any event, in monotonic milliseconds. What `step` could not do for another reason than time
    /// sets no deadline: the event it waits for will come.
    func deadline(clock: SenderClock) -> Int64? {
        let now = clock.monotonic
        var times: [Int64] = []
        if let time = multi.deadline { times.append(time) }
        if !results.isEmpty { times.append(max(resultsSince + Lane.resultWait, ledgerNotBefore)) }
        if !unsettled.isEmpty { times.append(ledgerNotBefore) }
        if let time = verdictsDueAt { times.append(time) }
        if let time = overdueAt, time > steppedAt { times.append(time) }
        if let time = paceMemory.deadline(of: pace) { times.append(max(time, ledgerNotBefore)) }
        guard !isDraining else { return times.min() }
        if !runs.isEmpty, !isLeasing, ledgerNotBefore > steppedAt { times.append(ledgerNotBefore) }
        if let due = exhausted.values.min(), due > clock.wall, due < .distantFuture {
            times.append(now + (due - clock.wall).milliseconds)
        }
        if handsOverMore { times.append(now) } else if let turn = turn(now: now), turn > steppedAt { times.append(turn) }
        if backlog.count > 0, room(urgent: backlog.urgentCount > 0) > 0, credential != .requested, case let gate = gate(now: now), gate > steppedAt {
            times.append(gate)
        }
        return times.min()
    }

    /// The moment from which time alone keeps nothing from being sent: the latest of all that hold it up.
    private func gate(now: Int64) -> Int64 {
        var gate = ledgerNotBefore
        if let time = breaker.retryAt { gate = max(gate, time) }
        if case .refused(let until) = credential { gate = max(gate, until) }
        gate = max(gate, pace.adaptive.blockedUntil)
        if let time = backlog.nextAt(now: now) { gate = max(gate, time) }
        return gate
    }

    private func pump(clock: SenderClock) throws(CurlError) {
        try multi.advance()
        multi.drain { finish($0, clock: clock) }
    }

    private func askForCredential(clock: SenderClock) {
        guard backlog.count > 0 || !runs.isEmpty, credential != .requested, multi.free > 0 else { return }
        if case .refused(let until) = credential, clock.monotonic < until { return }
        guard let request = adapter.credentialRequest(now: clock.wall) else {
            credential = .ready
            return
        }
        credential = .requested
        multi.add(TransferRequest(request, mayRepeat: true), token: Lane.credentialToken)
    }

    /// Renders as many as may go now and commits the intent to send them: messages first.
    private func begin(clock: SenderClock) {
        guard backlog.count > 0, credential == .ready, clock.monotonic >= ledgerNotBefore else { return }
        if backlog.urgentCount > 0, intending.count < 4 {
            begin(clock: clock, room: room(urgent: true), intend: ledger.intendUrgent) { $0.nextUrgent() }
        }
        guard backlog.count > backlog.urgentCount, intending.count < 2, results.count + recording * Lane.maxResults < Lane.maxUnrecorded
        else { return }
        let room = room(urgent: false)
        // A commit costs as much for few as for many: while enough is on its way, the next waits until it has half a batch.
        guard room >= Lane.maxIntents / 2 || ready.count(urgent: false) + committing(urgent: false) < Lane.enoughAhead else { return }
        overdueAt = nil
        begin(clock: clock, room: room, intend: ledger.intend) { $0.next(now: clock.monotonic) }
    }

    private func begin(clock: SenderClock, room: Int, intend: ([DeliveryID], UInt64, Timestamp) -> Void,
                       next: (inout Backlog) -> (run: SendingRun, delivery: LeasedDelivery)?) {
        var room = min(Lane.maxIntents, room)
        guard room > 0, clock.monotonic >= pace.adaptive.blockedUntil else { return }
        room = min(room, breaker.allowance(now: clock.monotonic))
        guard room > 0 else { return }

        var batch: [PreparedDelivery] = []
        var refusals: [Refusal] = []
        var held: [Timestamp: [DeliveryID]] = [:]
        var passedOver = 0
        preparing: while batch.count < room, passedOver < Lane.maxResults, let next = next(&backlog) {
            switch prepare(next.delivery, of: next.run, clock: clock) {
            case .ready(let prepared): batch.append(prepared)
            case .refused(let refusal):
                refusals.append(refusal)
                passedOver += 1
                next.run.pace?.giveBack(1)
            case .held(let until):
                held[until, default: []].append(next.delivery.id)
                passedOver += 1
                next.run.pace?.giveBack(1)
            case .behind(let until):
                overdueAt = until
                next.run.pace?.giveBack(1)
                backlog.putBack(next.delivery)
                break preparing
            }
        }
        if !refusals.isEmpty { ledger.run(.refuse(refusals), now: clock.wall) }
        for (until, ids) in held { ledger.run(.postpone(ids, until: until), now: clock.wall) }
        guard !batch.isEmpty else { return breaker.probeNotStarted(now: clock.monotonic) }
        lastToken += 1
        intending[lastToken] = batch
        intend(batch.map(\.id), lastToken, clock.wall)
    }

    private enum Preparation {
        case ready(PreparedDelivery)
        case refused(Refusal)
        /// Its origin asked us to wait, or owes too many answers.
        case held(until: Timestamp)
        /// Its origin has all that it may, and answers: what is behind it waits too, until then at most.
        case behind(until: Int64)
    }

    private func prepare(_ delivery: LeasedDelivery, of run: SendingRun, clock: SenderClock) -> Preparation {
        let message: Message
        switch run.render(delivery) {
        case .message(let rendered): message = rendered
        case .skipped(let reason, let detail, let language):
            return .refused(Refusal(id: delivery.id, reason: reason, detail: detail, language: language, message: delivery.message?.id))
        }
        let recipient = Recipient(address: delivery.recipient.address, windowExpiresAt: delivery.recipient.windowExpiresAt)
        switch adapter.prepare(message, to: recipient, now: clock.wall) {
        case .refused(let reason, let detail):
            return .refused(Refusal(id: delivery.id, reason: reason, detail: detail, language: message.language, message: delivery.message?.id))
        case .request(let request):
            let prepared = PreparedDelivery(delivery, language: message.language, request: request)
            guard adapter.faultScope == .origin else { return .ready(prepared) }
            prepared.origin = origin(of: request.url)
            switch origins.turn(for: prepared.origin, now: clock.monotonic) {
            case .wait(let milliseconds): return .held(until: clock.wall + .milliseconds(milliseconds))
            case .full(let milliseconds) where !prepared.isUrgent: return .behind(until: clock.monotonic + milliseconds)
            case .now, .full: break
            }
            origins.began(prepared.origin, now: clock.monotonic)
            return .ready(prepared)
        }
    }

    private func leaseUrgent(clock: SenderClock) {
        guard hasUrgent, !isLeasingUrgent, clock.monotonic >= ledgerNotBefore, backlog.urgentCount <= Lane.maxUrgent / 4,
            breaker.state == .closed || backlog.count == 0
        else { return }
        hasUrgent = false
        isLeasingUrgent = true
        ledger.leaseUrgent(limit: Lane.maxUrgent / 2, now: clock.wall)
    }

    private func leaseMore(clock: SenderClock) {
        guard !isLeasing, clock.monotonic >= ledgerNotBefore, breaker.state == .closed || backlog.count == 0 else { return }
        let hungry = runs.filter { exhausted[$0.run].map { $0 <= clock.wall } ?? true }
        // A second's worth at the account's rate, so that a slow account holds few rows.
        let target = min(1_024, max(64, Int(pace.ratePerSecond ?? 1_024)))
        guard !hungry.isEmpty else { return }
        let share = max(1, target / hungry.count)
        // Each run by itself: what a campaign's own rate holds back does not keep others from theirs.
        let shares = hungry.compactMap { run -> LeaseShare? in
            let limit = min(share, run.pace?.ratePerSecond ?? share)
            let waiting = backlog.waiting(in: run.run)
            return waiting <= limit / 2 ? LeaseShare(run: run.run, limit: limit - waiting) : nil
        }
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
}

/// A delivery whose request is ready. An object, because it changes places often and holds a lot.
final class PreparedDelivery {
    let delivery: LeasedDelivery
    let language: String
    let request: OutboundRequest
    /// Where only its server is to blame for what happens to it; else empty.
    var origin = ""
    /// When it was given to libcurl, in monotonic milliseconds.
    var sentAt: Int64 = 0

    init(_ delivery: LeasedDelivery, language: String, request: OutboundRequest) {
        (self.delivery, self.language, self.request) = (delivery, language, request)
    }

    var id: DeliveryID { delivery.id }
    /// Whether it is a message's.
    var isUrgent: Bool { delivery.message != nil }
}
