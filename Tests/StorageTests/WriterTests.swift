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
