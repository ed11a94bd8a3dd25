import Campaigns
import Core
import Failpoints
import Linux
import Storage

/// Looks after campaigns as a whole: starts those that are due, freezes their audience, tells the senders which runs to
/// send, and ends what is done. A round does whatever the tables say is to be done, so a crash between any two steps is
/// made good by the next round.
final class Scheduler: Sendable {
    private let store: Store
    private let ledger: Ledger
    private let courier: Courier
    private let herald: Herald
    private let rules: [Channel: any ChannelRules]
    private let board: StatusBoard
    private let log: @Sendable (EngineEvent) -> Void
    private let publish: @Sendable ([SendingRun]) -> Void
    private let plans = Lock<[RunID: SendingRun]>([:])
    /// Inconsistent runs that were told of: once is enough.
    private let reported = Lock<Set<RunID>>([])
    /// How many stops of each account have paused its campaigns.
    private let stopsSeen = Lock<[String: Int]>([:])
    private let forgottenAt = Lock<Timestamp?>(nil)
    /// The wall clock less the monotonic one, in milliseconds, as of the last round.
    private let clockOffset = Lock<Int64?>(nil)
    private let thread: TaskThread
    private let task = Lock<Task<Void, Never>?>(nil)

    private static let roundMilliseconds: Int64 = 500
    /// How long provider events and statuses that no result came for are kept, and how often that is looked at.
    private static let memory = Duration.seconds(7 * 86_400)
    /// The same of deliveries to webhooks.
    private static let webhookMemory = Duration.seconds(30 * 86_400)
    private static let forgetting = Duration.seconds(3_600)
    /// From here on a change of the wall clock is no correction but a jump.
    private static let jump: Int64 = 2_000
    /// An account that refuses our configuration for so long pauses the campaigns that need it.
    private static let patience: Int64 = 300_000

    init(store: Store, ledger: Ledger, courier: Courier, rules: [Channel: any ChannelRules], board: StatusBoard,
         log: @escaping @Sendable (EngineEvent) -> Void, publish: @escaping @Sendable ([SendingRun]) -> Void) throws {
        self.store = store
        self.ledger = ledger
        self.courier = courier
        herald = Herald(store: store, ledger: ledger)
        self.rules = rules
        self.board = board
        self.log = log
        self.publish = publish
        thread = try TaskThread(named: "scheduler")
    }

    func start() {
        let loop = Task(executorPreference: thread) { [self] in
            while !Task.isCancelled {
                do {
                    try await round()
                } catch is CancellationError {
                    return
                } catch {
                    log(.roundFailed("\(error)"))
                }
                await thread.wait(atMost: Scheduler.roundMilliseconds)
            }
        }
        task.withLock { $0 = loop }
    }

    func wake() { thread.ring() }

    func stop() async {
        let loop = task.withLock { $0 }
        loop?.cancel()
        // At once: a round may be long.
        publish([])
        thread.ring()
        await loop?.value
        thread.end()
        publish([])
    }

    /// Each step stands for itself: one that cannot be done now does not keep the others from being done.
    private func round() async throws {
        for step in [watchClock, courier.round, herald.round, startDue, freezeLaunched, freezeTests, publishRuns, finishDone, pauseTroubled, forget] {
            try Task.checkCancellation()
            await attempt(step)
        }
    }

    private func attempt(_ step: () async throws -> Void) async {
        do {
            try await step()
        } catch is CancellationError {
        } catch StorageError.conflict, StorageError.versionMismatch {
            // Somebody was faster: the next round sees what they made of it.
        } catch {
            log(.roundFailed("\(error)"))
        }
    }

    // MARK: The clock

    /// Tells of a wall clock that was set, and lets nobody wait until one that was set back has caught up.
    private func watchClock() async throws {
        let offset = store.time.wallMilliseconds - store.time.monotonicMilliseconds
        let jump = clockOffset.withLock { last in
            defer { last = offset }
            return last.map { offset - $0 } ?? 0
        }
        guard abs(jump) >= Scheduler.jump else { return }
        log(.clockJumped(by: .milliseconds(jump)))
        if jump < 0 {
            try await ledger.restartWaits()
            try await store.write { try $0.restartWebhookWaits() }
        }
    }

    // MARK: Starting

    private func startDue() async throws {
        for campaign in try await store.read({ try $0.dueCampaigns() }) {
            // The version keeps a schedule that was changed this moment from being overtaken.
            await attempt {
                let late = store.now - (campaign.scheduledAt ?? store.now) > CampaignPlan.maxLateness
                if late, try plan(of: campaign.definition)?.ifLate != .send {
                    _ = try await store.write {
                        try $0.transition(campaign.id, to: .expired, reason: Reason.tooLate.rawValue, version: campaign.version)
                    }
                    log(.campaignExpired(campaign.id))
                } else {
                    _ = try await store.write { try $0.launchCampaign(campaign.id, version: campaign.version) }
                }
            }
        }
    }

    /// Every campaign that runs and has no frozen audience yet gets one, in one transaction.
    private func freezeLaunched() async throws {
        for campaign in try await store.read({ try $0.campaigns(in: [.running]) }) {
            guard try await ledger.run(of: campaign.id) == nil else { continue }
            await attempt { try await freeze(campaign) }
            // An audience was in memory more than once.
            await ledger.file.releaseWriterMemory()
            Heap.trim()
        }
    }

    private func freeze(_ campaign: Campaign) async throws {
        let started = campaign.startedAt ?? store.now
        do {
            guard let plan = try plan(of: campaign.definition) else {
                throw InvalidInput("", "invalid", "the definition cannot be read by this version")
            }
            let audience = try await audience(of: plan)
            let run = try await ledger.freeze(campaign: campaign.id, kind: .launch, audience: audience,
                                              expiresAt: plan.ttl.map { started + $0 })
            log(.campaignStarted(campaign.id, audience: run.audience))
        } catch let invalid as InvalidInput {
            let reason = invalid.errors.first.map { "\($0.pointer) \($0.detail)" } ?? "invalid"
            _ = try await store.write { try $0.transition(campaign.id, to: .failed, reason: reason) }
            log(.campaignFailed(campaign.id, reason: reason))
        }
    }

    private func freezeTests() async throws {
        for test in try await store.read({ try $0.unfrozenTests() }) {
            let channels = try plan(of: test.definition)?.channels ?? []
            let accounts = accounts(of: channels)
            let audience = try await store.read { try $0.audience(profiles: test.profiles, accounts: accounts, strategy: .all) }
            _ = try await ledger.freeze(campaign: test.campaign, kind: .test(test.id), audience: audience,
                                        expiresAt: store.now + .seconds(3_600))
            try await store.write { try $0.markFrozen(test: test.id) }
        }
    }

    private func audience(of plan: CampaignPlan) async throws -> FrozenAudience {
        let accounts = accounts(of: plan.channels)
        let strategy: AudienceStrategy = plan.strategy == .firstReachable ? .firstReachable : .all
        return try await store.read {
            try $0.audience(matching: plan.audience, excluding: plan.exclude, accounts: accounts, strategy: strategy)
        }
    }

    /// The accounts of these channels, in the channels' order.
    private func accounts(of channels: [Channel]) -> [Int64] {
        channels.flatMap { channel in
            store.accounts.filter { $0.value.channel == channel }.map(\.key).sorted()
        }
    }

    private func plan(of definition: String) throws -> CampaignPlan? {
        let errors = FieldErrors()
        guard let json = try? JSONValue(parsing: Array(definition.utf8)),
            let draft = CampaignDraft(json, rules: rules, errors: errors)
        else { return nil }
        return CampaignPlan(draft, reachable: Set(rules.keys), errors: errors)
    }

    // MARK: Sending

    private func publishRuns() async throws {
        var runs: [SendingRun] = []
        let active = try await ledger.activeRuns()
        for run in Dictionary(active.map { ($0.run.id, $0.run) }, uniquingKeysWith: { run, _ in run }).values
            .sorted(by: { $0.id.rawValue < $1.id.rawValue }) {
            guard try await isSendable(run), let sending = try await sendingRun(for: run) else { continue }
            runs.append(sending)
        }
        let known = Set(active.map(\.run.id))
        plans.withLock { plans in plans = plans.filter { known.contains($0.key) } }
        publish(runs)
    }

    private func isSendable(_ run: LedgerRun) async throws -> Bool {
        guard case .launch = run.kind else { return true }
        return try await store.read { try $0.campaign(run.campaign)?.state } == .running
    }

    private func sendingRun(for run: LedgerRun) async throws -> SendingRun? {
        if let known = plans.withLock({ $0[run.id] }) { return known }
        let definition: String? = try await store.read { store in
            switch run.kind {
            case .message: nil
            case .launch: try store.campaign(run.campaign)?.definition
            case .test(let test): try store.test(test)?.definition
            }
        }
        guard let definition, let plan = try plan(of: definition) else { return nil }
        let renderer = MessageRenderer(plan: plan, campaign: run.campaign, hash: store.hash)
        let pace = plan.ratePerSecond.map { CampaignPace(ratePerSecond: $0, now: store.time.monotonicMilliseconds) }
        let sending = SendingRun(run: run.id, campaign: run.campaign, pace: pace) { renderer.render($0) }
        plans.withLock { $0[run.id] = sending }
        return sending
    }

    // MARK: Ending

    /// Ends every run that has nothing left, and what is left of campaigns that are over.
    private func finishDone() async throws {
        for left in try await ledger.activeRuns() {
            guard let account = left.account, store.accounts[account] == nil else { continue }
            _ = try await ledger.abandon(left.run.id, account: account, reason: .providerConfig, detail: "account_removed")
        }
        for run in try await ledger.openRuns() {
            if case .inconsistent(let counted, let audience) = try await ledger.finishIfDone(run.id),
                reported.withLock({ $0.insert(run.id).inserted }) {
                log(.inconsistent(run.id, counted: counted, audience: audience))
            }
        }
        for campaign in try await store.read({ try $0.campaigns(in: [.running, .paused]) }) {
            if let run = try await ledger.run(of: campaign.id), run.finishedAt != nil { try await finish(campaign.id) }
        }
    }

    private func finish(_ id: CampaignID) async throws {
        let counts = try await store.read { try $0.wants(.campaignFinished) } ? ledger.report(id)?.byState : nil
        do {
            try await store.write { store in
                _ = try store.transition(id, to: .finished, from: [.running, .paused], counts: counts)
                failpoint("finish.before")
            }
            failpoint("finish.after")
            log(.campaignFinished(id))
        } catch StorageError.conflict {
            // Cancelled meanwhile: its rows are settled all the same.
        }
    }

    private func pauseTroubled() async throws {
        for status in board.all {
            guard case .open(_, let detail) = status.breaker else { continue }
            let name = status.account.name
            if status.stops > stopsSeen.withLock({ $0[name, default: 0] }) {
                log(.accountStopped(status.account, reason: detail))
                try await pauseCampaigns(of: status.account.channel, reason: "account \(name) is stopped: \(detail)")
                stopsSeen.withLock { $0[name] = status.stops }
            } else if status.troubledMilliseconds > Scheduler.patience, status.waiting > 0 {
                try await pauseCampaigns(of: status.account.channel, reason: "account \(name) refuses (\(detail))")
            }
        }
    }

    private func pauseCampaigns(of channel: Channel, reason: String) async throws {
        let reason = "\(Reason.providerConfig.rawValue): \(reason)"
        for campaign in try await store.read({ try $0.campaigns(in: [.running]) }) {
            guard let plan = try plan(of: campaign.definition), plan.channels.contains(channel) else { continue }
            _ = try await store.write { try $0.transition(campaign.id, to: .paused, reason: reason) }
            log(.campaignPaused(campaign.id, reason: reason))
        }
        // At once: accounts tell a campaign that comes back from one that never went.
        try await publishRuns()
    }

    // MARK: Forgetting

    /// Once an hour: recorded answers, provider events, early statuses and deliveries to webhooks whose time is over, a slice at a time.
    private func forget() async throws {
        let now = store.now
        guard forgottenAt.withLock({ $0 }).map({ now - $0 >= Scheduler.forgetting }) ?? true else { return }
        while try await store.write({ try $0.forgetAnswers() }) > 0 {}
        while try await store.write({ try $0.forgetEvents(receivedBefore: now - Scheduler.memory) }) > 0 {}
        while try await store.write({ try $0.forgetWebhookDeliveries(madeBefore: now - Scheduler.webhookMemory) }) > 0 {}
        _ = try await ledger.forgetEarlyStatuses(before: now - Scheduler.memory)
        forgottenAt.withLock { $0 = now }
    }
}
