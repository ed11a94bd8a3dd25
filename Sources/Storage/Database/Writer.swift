package import Core
import Dispatch
package import GRDB
import Glibc
import Linux

/// The one thread that writes to a file. Takes closures from any thread, runs all that wait in one transaction
/// (each in its own savepoint, so that one refusal undoes only itself), and answers after the COMMIT: many durable
/// writes cost one fsync. It is also the only one that checkpoints.
package final class Writer: Sendable {
    private let mailbox: Mailbox<Job>
    private let waiting = Lock(0)
    private let thread: Thread
    private let stopped = Lock(false)
    private let commits = Lock<Int64>(0)
    private let durations = Lock(Histogram())

    /// Closures in one transaction at most, and for how long at most.
    private static let maxJobs = 1_000
    private static let maxMilliseconds: Int64 = 5
    /// Closures that may wait before `write` answers `.overloaded`.
    private static let maxWaiting = 20_000

    private struct Job: Sendable {
        /// Runs in the transaction; keeps its result for `finish`. Returns false when it refused.
        let run: @Sendable (GRDB.Database) -> Void
        /// Called after the COMMIT, or with the error that prevented it.
        let finish: @Sendable (StorageError?) -> Void
        var isStop = false
    }

    init(pool: DatabasePool, name: String, time: any TimeSource) throws {
        let mailbox = try Mailbox<Job>()
        self.mailbox = mailbox
        thread = try Thread.start(named: "\(name)-writer") { [waiting, commits, durations] in
            var loop = WriterLoop(pool: pool, mailbox: mailbox, time: time, waiting: waiting, commits: commits, durations: durations)
            loop.run()
        }
    }

    /// Transactions committed so far.
    package var commitCount: Int64 { commits.withLock { $0 } }

    /// How long the transactions took, from BEGIN to the end of COMMIT.
    package var commitDurations: Histogram { durations.withLock { $0 } }

    /// Closures waiting now.
    package var backlog: Int { waiting.withLock { $0 } }

    /// Runs `body` in a transaction of its own making and returns when it is durable.
    ///
    /// - Throws: what `body` threw (its effects are undone), or `StorageError.full`/`.overloaded`.
    package func write<Value: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> Value) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            submit(body) { continuation.resume(with: $0) }
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
    package func submit<Value: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> Value,
                                         completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        let admitted = waiting.withLock { count in
            guard count < Writer.maxWaiting else { return false }
            count += 1
            return true
        }
        guard admitted else { return completion(.failure(StorageError.overloaded)) }
        let outcome = Outcome<Value>()
        mailbox.post(Job(run: { db in
            outcome.result = Result { try Writer.inSavepoint(db, body) }
        }, finish: { failure in
            if let failure { return completion(.failure(failure)) }
            completion(outcome.result ?? .failure(StorageError.unusable("a write did not run")))
        }))
    }

    /// What a job came to, between its run and its finish.
    private final class Outcome<Value>: @unchecked Sendable {  // The writer's thread alone touches it.
        var result: Result<Value, any Error>?
    }

    /// GRDB's own savepoints do the same, and parse their SQL each time.
    private static func inSavepoint<Value>(_ db: GRDB.Database, _ body: (GRDB.Database) throws -> Value) throws -> Value {
        try db.cachedStatement(sql: "SAVEPOINT job").execute()
        do {
            let value = try body(db)
            try db.cachedStatement(sql: "RELEASE job").execute()
            return value
        } catch {
            // SQLITE_FULL and its like end the transaction on their own: the loop looks.
            if db.isInsideTransaction {
                try db.cachedStatement(sql: "ROLLBACK TO job").execute()
                try db.cachedStatement(sql: "RELEASE job").execute()
            }
            throw error
        }
    }

    /// Finishes what waits, then ends the thread. Later writes are never answered, so callers stop first.
    func stop() {
        let already = stopped.withLock { stopped in
            defer { stopped = true }
            return stopped
        }
        guard !already else { return }
        mailbox.post(Job(run: { _ in }, finish: { _ in }, isStop: true))
        thread.join()
    }

    /// Lives on the writer's thread only.
    private struct WriterLoop {
        let pool: DatabasePool
        let mailbox: Mailbox<Job>
        let time: any TimeSource
        let waiting: Lock<Int>
        let commits: Lock<Int64>
        let durations: Lock<Histogram>
        let wakeUps = WakeUps()
        var commitsUncheckpointed = 0
        var changesCheckpointed = 0

        mutating func run() {
            var jobs: [Job] = []
            var stopping = false
            while !stopping {
                wait()
                mailbox.drain(into: &jobs)
                var next = jobs.startIndex
                while next < jobs.endIndex { next = commit(jobs[next...]) }
                stopping = jobs.contains(where: \.isStop)
                checkpoint(idle: jobs.isEmpty)
            }
            checkpoint(idle: true)
        }

        /// Until something waits; after a second of silence the WAL is looked at.
        private func wait() {
            var poll = pollfd(fd: mailbox.rawDescriptor, events: Int16(POLLIN), revents: 0)
            _ = Glibc.poll(&poll, 1, 1_000)
        }

        /// One transaction over as many of the jobs as the limits allow; returns the first one left over.
        private mutating func commit(_ jobs: ArraySlice<Job>) -> Int {
            var done = jobs.startIndex
            var failure: StorageError?
            let begun = ContinuousClock.now
            do {
                try pool.writeWithoutTransaction { db in
                    try db.execute(sql: "BEGIN IMMEDIATE")
                    let deadline = time.monotonicMilliseconds + Writer.maxMilliseconds
                    while done < jobs.endIndex, done - jobs.startIndex < Writer.maxJobs {
                        jobs[done].run(db)
                        done += 1
                        // SQLITE_FULL, NOMEM and IOERR may roll the whole transaction back on their own.
                        guard db.isInsideTransaction else { throw StorageError.full }
                        if time.monotonicMilliseconds >= deadline { break }
                    }
                    try db.execute(sql: "COMMIT")
                }
                commits.withLock { $0 += 1 }
                let taken = begun.duration(to: .now) / .seconds(1)
                durations.withLock { $0.add(taken) }
                commitsUncheckpointed += 1
            } catch let error as DatabaseError where error.resultCode == .SQLITE_IOERR {
                // After an I/O error at COMMIT nobody knows whether the data is there: only a restart from disk does.
                abortProcess(error)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                failure = .overloaded
                rollback()
            } catch {
                failure = .full
                rollback()
            }
            if done == jobs.startIndex { done = jobs.endIndex }
            let finished = done - jobs.startIndex
            waiting.withLock { $0 -= finished }
            wakeUps.gather {
                for job in jobs[jobs.startIndex..<done] { job.finish(failure) }
            }
            return done
        }

        private func rollback() {
            // Fails only when SQLite has already rolled back, which is what is wanted.
            try? pool.writeWithoutTransaction { db in
                if db.isInsideTransaction { try db.execute(sql: "ROLLBACK") }
            }
        }

        private func abortProcess(_ error: DatabaseError) -> Never {
            let line = "fatal storage_io_error code=\(error.extendedResultCode.rawValue): stopping at once, the outcome of the last commit is on the disk\n"
            _ = Array(line.utf8).withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
            abort()
        }

        /// PASSIVE once about 1,000 pages may have gathered; TRUNCATE when idle and the file is past 64 MiB. A
        /// checkpoint that readers hold up is tried again after the next commits.
        private mutating func checkpoint(idle: Bool) {
            try? pool.writeWithoutTransaction { db in
                let changes = db.totalChangesCount - changesCheckpointed
                if idle, WALSize.bytes(of: pool.path) > 64 << 20 {
                    try db.checkpoint(.truncate)
                } else if changes >= 4_000 || commitsUncheckpointed >= 500 || (idle && commitsUncheckpointed > 0) {
                    try db.checkpoint(.passive)
                } else {
                    return
                }
                changesCheckpointed = db.totalChangesCount
                commitsUncheckpointed = 0
            }
        }
    }
}

/// The size of a database's write-ahead log on disk.
package enum WALSize {
    package static func bytes(of path: String) -> Int64 {
        var status = stat()
        return stat(path + "-wal", &status) == 0 ? Int64(status.st_size) : 0
    }
}

extension Writer {
    /// Commits a transaction that writes one row, to prove that this thread and its disk are alive.
    package func beat(completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        submit({ db in
            try db.execute(sql: "INSERT INTO meta (key, value) VALUES ('beat', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1")
        }, completion: completion)
    }
}
