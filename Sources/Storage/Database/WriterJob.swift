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
    /// Goes before all others, in a transaction that begins after it was submitted.
    var isUrgent = false
    /// What it holds of memory until then.
    let bytes: Int

    init<Value: Sendable>(bytes: Int = 0, _ body: @escaping @Sendable (GRDB.Database) throws -> Value,
                          _ completion: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        self.bytes = bytes
        let outcome = Outcome<Value>()
        run = { db in
            do {
                outcome.result = .success(try body(db))
                return true
            } catch {
                DiskFailure.check(error, path: db.mainPath)
                Damage.check(error, path: db.mainPath)
                let isFull = (error as? DatabaseError)?.resultCode == .SQLITE_FULL
                outcome.result = .failure(isFull ? StorageError.full : error)
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
    let load: Lock<WriterLoad>
    let commits = Lock<Int64>(0)
    let durations = Lock(Histogram())
    /// Urgent jobs that the thread has not taken yet.
    let urgent = Lock(0)

    init(maxPendingBytes: Int) { load = Lock(WriterLoad(maxBytes: maxPendingBytes)) }
}
