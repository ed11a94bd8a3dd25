import Core
import GRDB
import Linux
import Storage
import Testing

@Suite struct AuditQueriesTests {
    let folder = TemporaryFolder()

    @Test(arguments: [
        "UPDATE audit SET actor = 'key_9'", "DELETE FROM audit", "DELETE FROM audit WHERE id = 2",
        "INSERT OR REPLACE INTO audit SELECT id, at, 'key_9', action, object, before, after, request, hash FROM audit WHERE id = 1",
        "INSERT INTO audit SELECT id + 5, at, actor, action, object, before, after, request, hash FROM audit WHERE id = 1",
        "INSERT INTO audit SELECT -id, at, actor, action, object, before, after, request, hash FROM audit WHERE id = 1",
    ])
    func `the schema refuses`(statement: String) async throws {
        let store = try folder.store(time: ManualTime())
        for id in 1...2 as ClosedRange<Int64> {
            try await store.write { try $0.append(audit: row(id), mark: "\(id):00") }
        }
        await #expect(throws: DatabaseError.self) { try await store.file.writer.write { try $0.execute(sql: statement) } }
        let rows = try await store.read { try $0.audit(after: 0, limit: 10) }
        #expect(rows == [row(1), row(2)])
        try store.close()
    }

    @Test func `a row is there with its change or not at all`() async throws {
        struct Refusal: Error {}
        let store = try folder.store(time: ManualTime())
        await #expect(throws: Refusal.self) {
            try await store.write { transaction in
                try transaction.append(audit: row(1), mark: "1:00")
                throw Refusal()
            }
        }
        #expect(try await store.read { try $0.auditEnd() == nil && $0.auditMark() == nil })
        try store.close()
    }
}

private func row(_ id: Int64) -> AuditRow {
    AuditRow(id: id, at: .seconds(id), actor: "key_1", action: "key.create", object: "key_2", before: nil, after: [UInt8](repeating: 1, count: 32),
             request: nil, hash: [UInt8](repeating: UInt8(id), count: 32))
}
