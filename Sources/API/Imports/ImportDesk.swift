import Core
import Linux
import Storage

/// Imports that nobody waits for: their bodies are taken whole, and their lines stored after the answer, one import after the other in
/// the order in which they came. What has been taken is finished by whichever process serves next: lines that are stored are counted in
/// the transaction that stores them, so that a restart knows how many to skip.
package final class ImportDesk: Sendable {
    /// How long nothing is tried after the disk was full.
    private static let pauseMilliseconds: Int64 = 1_000
    private static let idleMilliseconds: Int64 = 60_000

    private struct Work {
        let thread: TaskThread
        let task: Task<Void, Never>
    }

    private let store: Store
    private let shelf: UploadShelf
    private let work = Lock<Work?>(nil)

    init(store: Store, maxBytes: Int) throws {
        self.store = store
        shelf = UploadShelf(maxBytes: maxBytes, found: try store.readNow { try $0.uploads() })
    }

    /// Bytes of bodies that are kept.
    var waitingBytes: Int { shelf.takenBytes }

    package func start(_ context: APIContext) throws {
        let thread = try TaskThread(named: "imports")
        let task = Task(executorPreference: thread) { [self] in await run(context, thread) }
        work.withLock { $0 = Work(thread: thread, task: task) }
    }

    /// Returns once nothing is written any more: an import under way goes on at the next start.
    package func stop() async {
        guard let work = work.withLock({ $0 }) else { return }
        work.task.cancel()
        work.thread.ring()
        await work.task.value
        work.thread.end()
    }

    /// Takes a body and makes an import of it, all durable when it returns.
    ///
    /// - Parameters:
    ///   - length: of the body, if its sender has told.
    ///   - begin: makes the import.
    ///   - record: belongs to the same transaction.
    /// - Throws: `Problem` when there is no room, or the header of a table cannot be; what the body throws; `StorageError`. Nothing of it is kept then.
    func take(_ body: @escaping ImportBody, length: Int?, format: Upload.Format, _ reader: ImportLineReader,
              _ begin: @escaping @Sendable (StoreTransaction) throws -> ImportID, _ record: @escaping ImportRecord) async throws -> ImportJob {
        let id = try shelf.add(bytes: length ?? 0)
        let intake = UploadIntake(Upload(id: id, format: format, createsProfiles: reader.createsProfiles), body, store: store)
        defer { intake.end() }
        do {
            let next = { [shelf] in try await intake.next { try shelf.grow(id, to: $0) } }
            if format == .csv { _ = try await ImportSource(csv: next, reader) }
            while try await next() != nil {}
            let job = try await intake.finish(begin, record)
            ring()
            return job
        } catch {
            if intake.parts > 0 { shelf.abandon(id) } else { shelf.remove(id) }
            ring()
            throw error
        }
    }

    private func ring() { work.withLock { $0 }?.thread.ring() }

    private func run(_ context: APIContext, _ thread: TaskThread) async {
        while !Task.isCancelled {
            do {
                while try await round(context) {}
                await thread.wait(atMost: ImportDesk.idleMilliseconds)
            } catch is CancellationError {
                return
            } catch {
                OperatorLog.write("import_waits", [("error", "\(error)")])
                await thread.wait(atMost: ImportDesk.pauseMilliseconds)
            }
        }
    }

    /// - Returns: false when there was nothing to do.
    private func round(_ context: APIContext) async throws -> Bool {
        let broken = shelf.broken
        for id in broken { try await discard(id) }
        guard let (upload, job) = try await store.read({ try $0.firstUpload() }) else { return false }
        if job.state == .running { try await store(upload, of: job, context) }
        try await discard(upload.id)
        return true
    }

    private func discard(_ id: UploadID) async throws {
        repeat { try Task.checkCancellation() } while try await !store.feed { try $0.discardPiece(of: id) }
        shelf.remove(id)
    }

    /// Stores the lines that are not stored yet.
    ///
    /// - Throws: `StorageError.full` or `.overloaded`, and `CancellationError`: the job is running still, and to be tried again.
    private func store(_ upload: Upload, of job: ImportJob, _ context: APIContext) async throws {
        let reader = ImportLineReader(kind: job.kind, createsProfiles: upload.createsProfiles, context: context)
        let pipe = ImportPipe(job: job.id, from: job.lines, reader: reader, store: store)
        do {
            let parts = parts(of: upload.id)
            let source = upload.format == .csv ? try await ImportSource(csv: parts, reader) : ImportSource(ndjson: parts, reader)
            var stream = ImportStream(source, pipe, skipping: job.lines)
            _ = try await stream.run()
        } catch {
            switch error {
            case is CancellationError, StorageError.full, StorageError.overloaded:
                await pipe.settle()
                throw error
            case is Problem: break
            default: OperatorLog.write("import_failed", level: "error", [("import", "\(job.id)"), ("error", "\(error)")])
            }
            _ = try await pipe.end(.failed)
        }
    }

    private func parts(of upload: UploadID) -> ImportBody {
        var number: Int64 = 0
        return { [store] in
            try Task.checkCancellation()
            number += 1
            return try await store.read { [number] in try $0.part(number, of: upload) }
        }
    }
}
