import Core
import DequeModule
import GRDB
import Glibc
import Linux

/// The work of a writer's thread; lives there only.
struct WriterLoop {
    /// Jobs of one transaction that somebody waits for: at most so many, and for so long.
    private static let maxJobs = 1_000
    private static let maxMilliseconds: Int64 = 10
    /// As long as nobody waits, a transaction stays open for more of the same.
    private static let maxPatientMilliseconds: Int64 = 100
    /// But not when nothing comes.
    private static let patienceMilliseconds: Int64 = 10

    private let pool: DatabasePool
    private let mailbox: Mailbox<WriterJob>
    private let time: any TimeSource
    private let figures: WriterFigures
    private let wakeUps = WakeUps()
    private var checkpoints = Checkpoints()
    /// What has been taken from the mailbox and has not run.
    private var waiting = Deque<WriterJob>()
    private var urgent = Deque<WriterJob>()
    /// Of the transaction before: others get their turn between two that were urgent.
    private var wasUrgent = false
    private var fresh: [WriterJob] = []
    /// The last transaction found no room. The log's own may be all there is: it is copied, and begun anew.
    private var isFull = false

    init(pool: DatabasePool, mailbox: Mailbox<WriterJob>, time: any TimeSource, figures: WriterFigures) {
        (self.pool, self.mailbox, self.time, self.figures) = (pool, mailbox, time, figures)
    }

    mutating func run() {
        pool.writeWithoutTransaction { checkpoints.watch($0) }
        var isStopping = false
        while !isStopping {
            // After a second of silence the WAL is looked at.
            take(waitingFor: 1_000)
            let isIdle = waiting.isEmpty && urgent.isEmpty
            while !waiting.isEmpty || !urgent.isEmpty {
                isStopping = commit() || isStopping
                checkpoint(idle: isFull)
            }
            if isIdle { checkpoint(idle: true) }
        }
        checkpoint(idle: true)
    }

    /// Takes what comes within the time.
    ///
    /// - Returns: false when nothing came.
    @discardableResult
    private mutating func take(waitingFor milliseconds: Int64) -> Bool {
        var poll = pollfd(fd: mailbox.rawDescriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, Int32(milliseconds)) > 0 else { return false }
        mailbox.drain(into: &fresh)
        for job in fresh {
            if job.isUrgent { urgent.append(job) } else { waiting.append(job) }
        }
        if !urgent.isEmpty { figures.urgent.withLock { $0 -= fresh.count(where: \.isUrgent) } }
        fresh.removeAll(keepingCapacity: true)
        return true
    }

    /// Whether the transaction under way should end for something that cannot wait.
    private mutating func mustYield() -> Bool {
        if urgent.isEmpty, figures.urgent.withLock({ $0 }) > 0 { take(waitingFor: 0) }
        return !urgent.isEmpty
    }

    private mutating func next(_ isUrgent: Bool) -> WriterJob? { isUrgent ? urgent.popFirst() : waiting.popFirst() }

    /// One transaction over as much of what waits as the limits allow, and its answers.
    ///
    /// - Returns: whether the stop was among them.
    private mutating func commit() -> Bool {
        let isUrgent = !urgent.isEmpty && (!wasUrgent || waiting.isEmpty)
        wasUrgent = isUrgent
        var group: [WriterJob] = []
        var failure: StorageError?
        var idle = Duration.zero
        let begun = ContinuousClock.now
        do {
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN IMMEDIATE")
                if try !runBare(&group, isUrgent, &idle, db) {
                    try db.execute(sql: "ROLLBACK; BEGIN IMMEDIATE")
                    try runGuarded(&group, isUrgent, db)
                }
                try db.execute(sql: "COMMIT")
            }
            figures.commits.withLock { $0 += 1 }
            let taken = (begun.duration(to: .now) - idle) / .seconds(1)
            figures.durations.withLock { $0.add(taken) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            failure = .overloaded
            rollback()
        } catch {
            DiskFailure.check(error, path: pool.path)
            Damage.check(error, path: pool.path)
            failure = .full
            rollback()
        }
        if group.isEmpty {
            while let job = next(isUrgent) { group.append(job) }
        }
        isFull = failure == .full
        let bytes = group.reduce(0) { $0 + $1.bytes }
        let waiters = figures.load.withLock { $0.release(group.count, bytes: bytes) }
        wakeUps.gather {
            for waiter in waiters { waiter.resume() }
            for job in group { job.finish(failure) }
        }
        return group.contains(where: \.isStop)
    }

    /// Runs jobs one after the other with nothing between them: a refusal seldom comes after a change, and a savepoint for each
    /// job, which keeps every page that the job changes as it was, costs as much as the job.
    ///
    /// - Returns: false when one was refused and had changed something.
    private mutating func runBare(_ group: inout [WriterJob], _ isUrgent: Bool, _ idle: inout Duration, _ db: GRDB.Database) throws -> Bool {
        let begun = time.monotonicMilliseconds
        var deadline = begun + WriterLoop.maxPatientMilliseconds
        var isPatient = !isUrgent
        while group.count < WriterLoop.maxJobs {
            if !isUrgent, !group.isEmpty, mustYield() { break }
            guard let job = next(isUrgent) else {
                let now = time.monotonicMilliseconds
                guard isPatient, now < deadline else { break }
                let start = ContinuousClock.now
                defer { idle += start.duration(to: .now) }
                guard take(waitingFor: min(WriterLoop.patienceMilliseconds, deadline - now)) else { break }
                continue
            }
            group.append(job)
            let before = db.totalChangesCount
            let isDone = job.run(db)
            // SQLITE_FULL and NOMEM may roll the whole transaction back on their own.
            guard db.isInsideTransaction else { throw StorageError.full }
            job.ran?()
            if !isDone, db.totalChangesCount != before { return false }
            if job.ran == nil, isPatient {
                isPatient = false
                deadline = min(deadline, time.monotonicMilliseconds + WriterLoop.maxMilliseconds)
            }
            if time.monotonicMilliseconds >= deadline { break }
        }
        return true
    }

    /// Runs the same jobs, and what waits behind them, each in its own savepoint.
    private mutating func runGuarded(_ group: inout [WriterJob], _ isUrgent: Bool, _ db: GRDB.Database) throws {
        for job in group { try runGuarded(job, db) }
        let deadline = time.monotonicMilliseconds + WriterLoop.maxMilliseconds
        while group.count < WriterLoop.maxJobs, time.monotonicMilliseconds < deadline, let job = next(isUrgent) {
            group.append(job)
            try runGuarded(job, db)
            job.ran?()
        }
    }

    private func runGuarded(_ job: WriterJob, _ db: GRDB.Database) throws {
        try db.cachedStatement(sql: "SAVEPOINT job").execute()
        let isDone = job.run(db)
        guard db.isInsideTransaction else { throw StorageError.full }
        if !isDone { try db.cachedStatement(sql: "ROLLBACK TO job").execute() }
        try db.cachedStatement(sql: "RELEASE job").execute()
    }

    private func rollback() {
        // Fails only when SQLite has already rolled back, which is what is wanted.
        try? pool.writeWithoutTransaction { db in
            if db.isInsideTransaction { try db.execute(sql: "ROLLBACK") }
        }
    }

    private mutating func checkpoint(idle: Bool) {
        do {
            try pool.writeWithoutTransaction { try checkpoints.run($0, path: pool.path, isIdle: idle) }
        } catch {
            DiskFailure.check(error, path: pool.path)
            Damage.check(error, path: pool.path)
            // Readers hold it up, or the disk is full: it is tried again after the next commits.
        }
    }
}
