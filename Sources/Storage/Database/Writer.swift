package import Core
import Dispatch
package import GRDB
import Linux

/// The one thread that writes to a file. Takes closures from any thread, runs all that wait in one transaction, and answers
/// after the COMMIT: many durable writes cost one fsync. A closure that is refused undoes only itself. The same thread is also
/// the only one that checkpoints.
///
/// A closure may run more than once (the others of its transaction may have to be run again without one that failed): all it
/// does it must do to the database.
package final class Writer: Sendable {
    private let mailbox: Mailbox<WriterJob>
    private let figures: WriterFigures
    private let thread: Thread
    private let stopped = Lock(false)
    /// Of its connection, for the closures it runs.
    let statements: StatementShelf

    /// - Parameter maxPendingBytes: of requests that wait for their commit.
    init(pool: DatabasePool, name: String, isBulk: Bool, maxPendingBytes: Int, time: any TimeSource) throws {
        let mailbox = try Mailbox<WriterJob>()
        let figures = WriterFigures(maxPendingBytes: maxPendingBytes)
        let statements = StatementShelf()
        self.mailbox = mailbox
        self.statements = statements
        self.figures = figures
        thread = try Thread.start(named: "\(name)-writer", isBulk: isBulk) {
            var loop = WriterLoop(pool: pool, mailbox: mailbox, time: time, figures: figures)
            loop.run()
            statements.empty()
        }
    }

    /// Transactions committed so far.
    package var commitCount: Int64 { figures.commits.withLock { $0 } }

    /// How long the transactions took, from BEGIN to the end of COMMIT, without what was spent waiting for more to do.
    package var commitDurations: Histogram { figures.durations.withLock { $0 } }

    /// Closures waiting now.
    package var backlog: Int { figures.load.withLock { $0.jobs } }

    /// Bytes of the requests that wait now, and what bulk work has reserved.
    package var pendingBytes: Int { figures.load.withLock { $0.bytes } }

    /// Runs `body` in a transaction of its own making and returns when it is durable.
    ///
    /// - Parameter bytes: of the request it comes from, which is in memory until then.
    /// - Throws: what `body` threw (its effects are undone), or `StorageError.full`/`.overloaded`.
    package func write<Value: Sendable>(bytes: Int = 0, _ body: @escaping @Sendable (GRDB.Database) throws -> Value) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            submit(bytes: bytes, body) { continuation.resume(with: $0) }
        }
    }

    /// The same for start-up and commands, which have no async context: waits for the COMMIT.
    package func writeNow<Value: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> Value) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let answer = Lock<Result<Value, any Error>?>(nil)
        submit(body) { result in
            answer.withLock { $0 = result }
            done.signal()
        }
        WakeUps.flush()
        done.wait()
        return try answer.withLock { $0 }?.get() ?? { throw StorageError.unusable("a write was not answered") }()
    }

    /// The same for callers that own a thread: `completion` runs on the writer's thread and must only hand over.
    package func submit<Value: Sendable>(bytes: Int = 0, _ body: @escaping @Sendable (GRDB.Database) throws -> Value,
                                         completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        guard figures.load.withLock({ $0.admit(bytes: bytes) }) else { return completion(.failure(StorageError.overloaded)) }
        mailbox.post(WriterJob(bytes: bytes, body, completion))
    }

    /// The same for what cannot wait: it goes before all that waits, and ends the transaction under way after the closure that runs. Its
    /// own begins later, so it sees everything that was committed to attached files before the call. It is always taken, so callers
    /// keep few on the way.
    package func submitUrgent<Value: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> Value,
                                               completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        figures.load.withLock { $0.add() }
        figures.urgent.withLock { $0 += 1 }
        var job = WriterJob(body, completion)
        job.isUrgent = true
        mailbox.post(job)
    }

    /// Takes room for bulk work before it is read: returns when no more than half of what may wait does. Room is handed on to
    /// `feed`, or given back; whoever waits here holds none but what is on its way to the writer.
    package func reserve(_ bytes: Int) async {
        await withUnsafeContinuation { continuation in
            let hasRoom = figures.load.withLock { $0.reserve(bytes, or: continuation) }
            if hasRoom { continuation.resume() }
        }
    }

    package func giveBack(_ bytes: Int) {
        for waiter in figures.load.withLock({ $0.giveBack(bytes) }) { waiter.resume() }
    }

    /// For work in bulk, of which nobody waits for one piece: transactions may stay open for more of it, so that pages which
    /// many pieces change are written once. It is always taken, so callers keep few pieces on the way.
    ///
    /// - Parameters:
    ///   - bytes: of the room that was reserved, given back after the COMMIT.
    ///   - ran: called once `body` has run, durable or not: time to send the next piece. Nil for the last, which has no next one to wait for.
    ///   - completion: called after the COMMIT, on the writer's thread like `ran`.
    package func feed<Value: Sendable>(bytes: Int = 0, _ body: @escaping @Sendable (GRDB.Database) throws -> Value, ran: (@Sendable () -> Void)?,
                                       completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        figures.load.withLock { $0.add() }
        var job = WriterJob(bytes: bytes, body, completion)
        job.ran = ran
        mailbox.post(job)
    }

    /// Finishes what waits, then ends the thread. Later writes are never answered, so callers stop first.
    func stop() {
        let already = stopped.withLock { stopped in
            defer { stopped = true }
            return stopped
        }
        guard !already else { return }
        figures.load.withLock { $0.add() }
        var job = WriterJob({ _ in }, { _ in })
        job.isStop = true
        mailbox.post(job)
        thread.join()
    }

    /// Commits a transaction that writes one row, to prove that this thread and its disk are alive.
    package func beat(completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        submit({ db in
            try db.execute(sql: "INSERT INTO meta (key, value) VALUES ('beat', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1")
        }, completion: completion)
    }
}
