import Core
import GRDB
import Linux

/// One closure for the writer.
struct WriterJob: Sendable {
    /// Runs in the transaction, perhaps again in another one, and keeps what it came to for `finish`. Returns false when it refused.
    let run: @Sendable (GRDB.Database) -> Bool
    /// Called once, after the COMMIT or with the error that prevented it.
    let finish: @Sendable (StorageError?) -> Void
    /// Called when it has run first. Whose job has one is in no hurry.
    var ran: (@Sendable () -> Void)?
    var isStop = false

    init<Value: Sendable>(_ body: @escaping @Sendable (GRDB.Database) throws -> Value,
                          _ completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        let outcome = Outcome<Value>()
        run = { db in
            do {
                outcome.result = .success(try body(db))
                return true
            } catch {
                outcome.result = .failure(error)
                return false
            }
        }
        finish = { failure in
            if let failure { return completion(.failure(failure)) }
            completion(outcome.result ?? .failure(StorageError.unusable("a write did not run")))
        }
    }

    /// What a job came to, between its run and its finish.
    private final class Outcome<Value>: @unchecked Sendable {  // The writer's thread alone touches it.
        var result: Result<Value, any Error>?
    }
}

/// What a writer tells of itself to other threads.
final class WriterFigures: Sendable {
    let load = Lock(WriterLoad())
    let commits = Lock<Int64>(0)
    let durations = Lock(Histogram())
}

/// How much waits for a writer, and how much may.
struct WriterLoad: Sendable {
    /// Each holds the request it came with.
    static let maxJobs = 10_000
    /// Nothing is committed for so long only when the disk stalls, or a statement does.
    static let maxMilliseconds: Int64 = 2_000

    private(set) var jobs = 0
    /// When the transaction under way began.
    var busySince: Int64?

    func isBehind(at now: Int64) -> Bool {
        jobs >= WriterLoad.maxJobs || busySince.map { now - $0 >= WriterLoad.maxMilliseconds } == true
    }

    /// - Returns: false when no more may wait.
    mutating func admit() -> Bool {
        guard jobs < WriterLoad.maxJobs else { return false }
        jobs += 1
        return true
    }

    mutating func add() { jobs += 1 }

    /// The transaction has ended, and with it so many.
    mutating func release(_ count: Int) {
        jobs -= count
        busySince = nil
    }
}
