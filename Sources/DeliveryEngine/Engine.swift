package import Core
import Linux
package import Storage

/// Sends what the ledger holds: recovers it at start, then keeps the senders supplied until it is stopped.
package final class Engine: Sendable {
    package let board = StatusBoard()
    /// What recovery found when this process started.
    package let recovery: Recovery
    /// Runs found whose rows do not sum to their audience. Must stay 0.
    package var violations: Int64 { violationCount.withLock { $0 } }
    private let violationCount: Lock<Int64>
    private let senders: [Sender]
    private let scheduler: Scheduler
    private let courier: Courier
    private let time: any TimeSource

    /// Takes over the ledger: rows that an earlier process left `leased` or `sending` are settled before anything is sent.
    ///
    /// - Parameters:
    ///   - rules: the channels this program delivers, to read campaign definitions with.
    ///   - senders: threads to send with; accounts are dealt out to them.
    ///   - onFatal: called from a sender thread that cannot go on; the process must end and be restarted.
    package init(store: Store, ledger: Ledger, accounts: [EngineAccount], rules: [Channel: any ChannelRules],
                 senders count: Int, log: @escaping @Sendable (EngineEvent) -> Void,
                 onFatal: @escaping @Sendable (String) -> Void) throws {
        let classes = try Dictionary(uniqueKeysWithValues: accounts.map { ($0.id, try $0.makeAdapter().deliveryClass) })
        recovery = try ledger.recover(classes: classes)
        let epoch = recovery.epoch
        let board = board
        let paces = try store.writeNow { try $0.paces() }
        let lists = (0..<max(1, min(count, accounts.count))).map { number in
            accounts.enumerated().filter { $0.offset % max(1, min(count, accounts.count)) == number }.map(\.element)
        }
        // A run of its own to the lanes; the ledger has one for each message.
        let messages = SendingRun(run: RunID(rawValue: 0), campaign: CampaignID(rawValue: 0), pace: nil,
                                  render: MessageRenderer.messages(rules: rules, hash: store.hash))
        senders = try lists.enumerated().map { number, accounts in
            try Sender(number: number, accounts: accounts, messages: messages, paces: paces, ledger: ledger, store: store, epoch: epoch,
                       board: board, onFatal: onFatal)
        }
        time = store.time
        let violationCount = Lock<Int64>(0)
        self.violationCount = violationCount
        let log: @Sendable (EngineEvent) -> Void = { event in
            if case .inconsistent = event { violationCount.withLock { $0 += 1 } }
            log(event)
        }
        courier = Courier(store: store, ledger: ledger, accounts: accounts.map(\.id), epoch: epoch) { [senders] message in
            for sender in senders { sender.post(message) }
        }
        scheduler = try Scheduler(store: store, ledger: ledger, courier: courier, rules: rules, board: board, log: log) { [senders] runs in
            for sender in senders { sender.post(.runs(runs)) }
        }
    }

    package func start() { scheduler.start() }

    /// Looks at the campaigns now: something about them has changed.
    package func wake() { scheduler.wake() }

    /// Sends the messages that wait: there is a new one.
    package func deliverMessages() { courier.wake() }

    /// Stops leasing at once, lets what is in flight finish and be recorded, and ends the threads.
    package func stop(within milliseconds: Int64 = 30_000) async {
        let deadline = time.monotonicMilliseconds + milliseconds
        courier.stop()
        await scheduler.stop()
        for sender in senders { sender.post(.drain(deadline: deadline)) }
        // Joining blocks, so it does so on a thread that may.
        await withCheckedContinuation { continuation in
            let senders = senders
            let joiner = try? Thread.start(named: "drain") {
                for sender in senders { sender.join() }
                continuation.resume()
            }
            if joiner == nil {
                for sender in senders { sender.join() }
                continuation.resume()
            }
        }
    }
}

/// Something about a campaign or an account that an operator would want in the log. Holds no personal data.
package enum EngineEvent: Sendable {
    case campaignStarted(CampaignID, audience: Int)
    case campaignFinished(CampaignID)
    case campaignPaused(CampaignID, reason: String)
    case campaignFailed(CampaignID, reason: String)
    case campaignExpired(CampaignID)
    /// An account sends nothing until a person lets it go on.
    case accountStopped(Account, reason: String)
    /// A run whose rows do not sum to its audience: it stays open and somebody must look.
    case inconsistent(RunID, counted: Int, audience: Int)
    /// The wall clock was set while the server ran.
    case clockJumped(by: Duration)
    /// The scheduler could not do its round; it tries again.
    case roundFailed(String)
}
