import Core
import GRDB
import Linux
import Storage
import Testing

@Suite struct WriterTests {
    @Test func `a write is there for readers once it is answered`() async throws {
        let folder = TemporaryFolder()
        let store = try folder.store()
        try await store.file.writer.write { try $0.execute(sql: "INSERT INTO meta VALUES ('a', 1)") }
        let found = try await store.file.read { try Int.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'a'") }
        #expect(found == 1)
        try store.close()
    }

    @Test func `a refused write undoes itself and nothing else`() async throws {
        struct Refusal: Error {}
        let folder = TemporaryFolder()
        let store = try folder.store()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try? await store.file.writer.write { db in
                        try db.execute(sql: "INSERT INTO meta VALUES (?, 1)", arguments: ["n\(number)"])
                        if number % 2 == 1 { throw Refusal() }
                    }
                }
            }
        }
        let kept = try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM meta WHERE key GLOB 'n*'") }
        #expect(kept == 100)
        try store.close()
    }

    @Test func `what is urgent goes before all that waits, in a transaction that begins after the call`() async throws {
        let folder = TemporaryFolder()
        let owned = try folder.open()
        let store = try Store(folder: owned, accounts: [], time: SystemTime())
        let ledger = try Ledger(folder: owned, store: store)
        let writer = ledger.file.writer
        let order = Lock<[String]>([])
        let gate = Gate()
        // This transaction sees clairon.db as it is before the write below.
        let holder = Task {
            try await writer.write { db in
                _ = try Row.fetchOne(db, sql: "SELECT count(*) FROM app.meta")
                gate.pass()
            }
        }
        await gate.entered()
        let bulk = (0..<20).map { number in
            Task { try await writer.write { _ in order.withLock { $0.append("bulk") } } }
        }
        while writer.backlog < 21 { await Task.yield() }
        try await store.file.writer.write { try $0.execute(sql: "INSERT INTO meta VALUES ('new', 1)") }
        let seen = Task {
            try await withCheckedThrowingContinuation { continuation in
                writer.submitUrgent({ db in
                    order.withLock { $0.append("urgent") }
                    return try Int.fetchOne(db, sql: "SELECT count(*) FROM app.meta WHERE key = 'new'")
                }, completion: { continuation.resume(with: $0) })
            }
        }
        while writer.backlog < 22 { await Task.yield() }
        gate.open()
        #expect(try await seen.value == 1)
        try await holder.value
        for task in bulk { try await task.value }
        #expect(order.withLock { $0.first } == "urgent" && order.withLock { $0.count } == 21)
        try ledger.close()
        try store.close()
    }

    @Test func `what a refused write had changed is undone, and what ran beside it is not`() async throws {
        struct Refusal: Error {}
        let folder = TemporaryFolder()
        let store = try folder.store()
        let writer = store.file.writer
        let before = writer.commitCount
        let gate = Gate()
        // Everything below waits behind this one, and runs in one transaction.
        let holder = Task { try await writer.write { _ in gate.pass() } }
        await gate.entered()
        let results = Lock<[String]>([])
        let done = (0..<40).map { number in
            Task {
                do {
                    try await writer.write { db in
                        try db.execute(sql: "INSERT INTO meta VALUES (?, 1)", arguments: ["n\(number)"])
                        if number % 10 == 7 { throw Refusal() }
                    }
                    results.withLock { $0.append("kept") }
                } catch { results.withLock { $0.append("\(error)") } }
            }
        }
        while writer.backlog < 41 { await Task.yield() }
        gate.open()
        try await holder.value
        for task in done { await task.value }
        #expect(results.withLock { $0.filter { $0 == "kept" }.count } == 36)
        #expect(try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM meta WHERE key GLOB 'n*'") } == 36)
        #expect(writer.commitCount - before <= 3)
        try store.close()
    }

    @Test func `bulk work shares a transaction, and gives way to who waits`() async throws {
        let folder = TemporaryFolder()
        let store = try folder.store()
        let writer = store.file.writer
        let before = writer.commitCount
        let (ran, committed) = (Lock(0), Lock(0))
        for number in 0..<50 {
            writer.feed({ try $0.execute(sql: "INSERT INTO meta VALUES (?, 1)", arguments: ["n\(number)"]) },
                        ran: { ran.withLock { $0 += 1 } }, completion: { _ in committed.withLock { $0 += 1 } })
        }
        // Whoever waits is answered after what came before.
        try await writer.write { try $0.execute(sql: "INSERT INTO meta VALUES ('last', 1)") }
        #expect(ran.withLock { $0 } == 50 && committed.withLock { $0 } == 50)
        #expect(writer.commitCount - before <= 3)
        #expect(try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM meta WHERE key GLOB 'n*'") } == 50)
        try store.close()
    }

    @Test func `bulk work that fails says so once and undoes only itself`() async throws {
        struct Refusal: Error {}
        let folder = TemporaryFolder()
        let store = try folder.store()
        let (ran, failures) = (Lock<[Int]>([]), Lock<[Int]>([]))
        for number in 0..<10 {
            store.file.writer.feed({ db in
                try db.execute(sql: "INSERT INTO meta VALUES (?, 1)", arguments: ["n\(number)"])
                if number == 4 { throw Refusal() }
            }, ran: { ran.withLock { $0.append(number) } }, completion: { result in
                if case .failure = result { failures.withLock { $0.append(number) } }
            })
        }
        try await store.file.writer.write { _ in }
        #expect(ran.withLock { $0 } == Array(0..<10) && failures.withLock { $0 } == [4])
        #expect(try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM meta WHERE key GLOB 'n*'") } == 9)
        try store.close()
    }

    @Test func `no more writes wait than may, and none that was taken is lost`() async throws {
        let folder = TemporaryFolder()
        let store = try folder.store()
        let writer = store.file.writer
        let gate = Gate()
        let holder = Task { try await writer.write { _ in gate.pass() } }
        await gate.entered()
        let (durable, refused) = (Lock(0), Lock(0))
        for number in 0..<12_000 {
            writer.submit({ try $0.execute(sql: "INSERT INTO meta VALUES (?, 1)", arguments: ["n\(number)"]) }, completion: { result in
                switch result {
                case .success: durable.withLock { $0 += 1 }
                case .failure(let error): refused.withLock { $0 += error as? StorageError == .overloaded ? 1 : 0 }
                }
            })
        }
        #expect(writer.backlog == 10_000 && refused.withLock { $0 } == 2_001)
        gate.open()
        try await holder.value
        while writer.backlog > 0 { await Task.yield() }
        try await writer.write { _ in }
        #expect(durable.withLock { $0 } == 9_999)
        #expect(try await store.file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM meta WHERE key GLOB 'n*'") } == 9_999)
        try store.close()
    }

    @Test func `writes that hold more bytes than may wait are refused, bulk work waits for half of them in its turn`() async throws {
        let folder = TemporaryFolder()
        let store = try folder.store(maxPendingBytes: 1_000)
        let writer = store.file.writer
        let gate = Gate()
        let holder = Task { try await writer.write { _ in gate.pass() } }
        await gate.entered()
        // The first of all may be larger than the limit: nothing else waits.
        let large = Task { try await writer.write(bytes: 1_500) { _ in } }
        while writer.pendingBytes < 1_500 { await Task.yield() }
        await #expect(throws: StorageError.overloaded) { try await writer.write(bytes: 1) { _ in } }
        let taken = Lock(0)
        let bulk = (0..<3).map { _ in
            Task {
                await writer.reserve(250)
                taken.withLock { $0 += 1 }
            }
        }
        gate.open()
        try await holder.value
        try await large.value
        // Two are half of what may wait: the third has its turn when there is room again.
        while taken.withLock({ $0 }) < 2 { await Task.yield() }
        #expect(writer.pendingBytes == 500)
        try await writer.write(bytes: 500) { _ in }
        await #expect(throws: StorageError.overloaded) { try await writer.write(bytes: 1_000 - writer.pendingBytes + 1) { _ in } }
        #expect(taken.withLock { $0 } == 2)
        writer.giveBack(500)
        for task in bulk { await task.value }
        #expect(writer.pendingBytes == 250)
        // What was reserved is given back by the commit of the work it was for.
        writer.feed(bytes: writer.pendingBytes, { try $0.execute(sql: "INSERT INTO meta VALUES ('fed', 1)") }, ran: nil, completion: { _ in })
        try await writer.write { _ in }
        #expect(writer.pendingBytes == 0)
        try store.close()
    }

    @Test func `many waiting writes share few commits`() async throws {
        let folder = TemporaryFolder()
        let store = try folder.store()
        let before = store.file.writer.commitCount
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<2_000 {
                group.addTask {
                    try? await store.file.writer.write { try $0.execute(sql: "INSERT INTO meta VALUES (?, 1)", arguments: ["n\(number)"]) }
                }
            }
        }
        #expect(store.file.writer.commitCount - before < 1_000)
        try store.close()
    }

    @Test func `the ledger's writer sees the store read-only`() async throws {
        let folder = TemporaryFolder()
        let owned = try folder.open()
        let store = try Store(folder: owned, accounts: [Account(name: "ios", channel: .apns)], time: SystemTime())
        let ledger = try Ledger(folder: owned, store: store)
        let accounts = try await ledger.file.writer.write { try Int.fetchOne($0, sql: "SELECT count(*) FROM app.account") }
        #expect(accounts == 1)
        await #expect(throws: (any Error).self) {
            try await ledger.file.writer.write { try $0.execute(sql: "DELETE FROM app.account") }
        }
        try ledger.close()
        try store.close()
    }

    @Test func `a folder has one owner`() throws {
        let folder = TemporaryFolder()
        let first = try folder.open()
        #expect(throws: StorageError.self) { try folder.open() }
        #expect(first.path == folder.path)
    }
}
