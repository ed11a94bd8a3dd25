import Core
import Curl
import Linux
import Storage

/// A thread that sends: it owns its lanes and everything in them, and waits in one epoll for sockets, answers and time.
final class Sender: Sendable {
    private let mailbox: Mailbox<SenderMessage>
    private let thread: Thread
    private let board: StatusBoard

    init(number: Int, accounts: [EngineAccount], messages: SendingRun, paces: [Int64: SavedPace], ledger: Ledger, store: Store, epoch: Int64,
         board: StatusBoard, onFatal: @escaping @Sendable (String) -> Void) throws {
        let mailbox = try Mailbox<SenderMessage>()
        self.mailbox = mailbox
        self.board = board
        // Made here, so that a descriptor that is missing fails the start; from then on the thread's alone.
        nonisolated(unsafe) let loop = try SenderLoop(
            accounts: accounts, messages: messages, paces: paces, ledger: ledger, store: store, epoch: epoch, mailbox: mailbox, board: board)
        thread = try Thread.start(named: "sender-\(number)", isBulk: true) {
            do {
                try loop.run()
            } catch {
                onFatal("sender \(number): \(error)")
            }
        }
    }

    func post(_ message: SenderMessage) { mailbox.post(message) }

    func join() { thread.join() }
}

enum SenderMessage: Sendable {
    case runs([SendingRun])
    /// Rows of messages: leased already, by account.id, or due on these accounts.
    case messages([Int64: UrgentLease])
    case messagesDue(on: [Int64])
    case answer(lane: Int, LaneAnswer)
    /// Finish what is in flight, record it, end; what is still open at the deadline becomes ambiguous.
    case drain(deadline: Int64)
}

/// The two clocks of one turn, read once.
struct SenderClock {
    /// Milliseconds that only go forward.
    let monotonic: Int64
    let wall: Timestamp

    init(_ time: any TimeSource) {
        monotonic = time.monotonicMilliseconds
        wall = Timestamp(milliseconds: time.wallMilliseconds)
    }
}

/// The latest status of every account. Written by sender threads, read by anyone.
package final class StatusBoard: Sendable {
    private let statuses = Lock<[String: LaneStatus]>([:])

    package init() {}

    func publish(_ status: LaneStatus) { statuses.withLock { $0[status.account.name] = status } }

    package var all: [LaneStatus] { statuses.withLock { Array($0.values) } }
}

/// Runs on the sender's thread only.
private final class SenderLoop {
    private let lanes: [Lane]
    private let mailbox: Mailbox<SenderMessage>
    private let epoll: Epoll
    private let time: any TimeSource
    private let board: StatusBoard
    private var drainDeadline: Int64?
    private var publishedAt: Int64 = 0

    private static let mailboxToken = UInt64.max

    init(accounts: [EngineAccount], messages: SendingRun, paces: [Int64: SavedPace], ledger: Ledger, store: Store, epoch: Int64,
         mailbox: Mailbox<SenderMessage>, board: StatusBoard) throws {
        self.mailbox = mailbox
        self.board = board
        time = store.time
        epoll = try Epoll()
        try epoll.add(mailbox.rawDescriptor, .readable, token: SenderLoop.mailboxToken)
        let clock = SenderClock(time)
        lanes = try accounts.enumerated().map { index, account in
            let port = LaneLedger(ledger: ledger, store: store, account: account.id, epoch: epoch) {
                mailbox.post(.answer(lane: index, $0))
            }
            return try Lane(account, messages: messages, ledger: port, saved: paces[account.id], clock: clock)
        }
        for (index, lane) in lanes.enumerated() {
            try epoll.add(lane.rawDescriptor, .readable, token: UInt64(index))
        }
    }

    func run() throws {
        var batch = Epoll.Batch(capacity: 64)
        var messages: [SenderMessage] = []
        while true {
            try epoll.wait(&batch, timeoutMilliseconds: timeout())
            mailbox.drain(into: &messages)
            let clock = SenderClock(time)
            for message in messages { receive(message, clock: clock) }
            for lane in lanes { try lane.step(clock: clock) }
            if clock.monotonic - publishedAt >= 100 {
                publishedAt = clock.monotonic
                for lane in lanes { board.publish(lane.status) }
            }
            if let deadline = drainDeadline, lanes.allSatisfy(\.isDrained) || clock.monotonic >= deadline { break }
        }
    }

    private func receive(_ message: SenderMessage, clock: SenderClock) {
        switch message {
        case .runs(let runs):
            for lane in lanes { lane.update(runs: runs, clock: clock) }
        case .messages(let leases):
            for lane in lanes {
                if let lease = leases[lane.configuration.id] { lane.take(lease, clock: clock) }
            }
        case .messagesDue(let accounts):
            for lane in lanes where accounts.contains(lane.configuration.id) { lane.messagesAreDue() }
        case .answer(let lane, let answer): lanes[lane].receive(answer, clock: clock)
        case .drain(let deadline):
            drainDeadline = deadline
            for lane in lanes { lane.drain(clock: clock) }
        }
    }

    private func timeout() -> Int32 {
        let clock = SenderClock(time)
        let now = clock.monotonic
        var next = lanes.compactMap { $0.deadline(clock: clock) }.min() ?? now + 1_000
        if let deadline = drainDeadline { next = min(next, deadline) }
        return Int32(min(1_000, max(0, next - now)))
    }
}
