import Core
import Linux
import Storage
import Testing

@Suite struct ImportQueriesTests {
    let folder = TemporaryFolder()

    @Test func `an import ends once`() async throws {
        let store = try folder.store()
        let id = try await store.write { try $0.startImport(.events) }
        let half = try await store.write { try $0.advance(import: id, lines: 3, accepted: 2, rejected: 1, errors: [["line": 2]]) }
        #expect(half.state == .running && half.finishedAt == nil && half.errors == [["line": 2]])
        let done = try await store.write { try $0.advance(import: id, to: .finished, lines: 4, accepted: 3, rejected: 1, errors: half.errors) }
        #expect(done.state == .finished && done.finishedAt != nil)
        await #expect(throws: StorageError.notFound) {
            try await store.write { try $0.advance(import: id, lines: 9, accepted: 9, rejected: 0, errors: []) }
        }
        try store.close()
    }

    @Test func `what ran when the process ended has failed`() async throws {
        let store = try folder.store()
        let id = try await store.write { try $0.startImport(.profiles) }
        #expect(try await store.write { try $0.failInterruptedImports() } == 1)
        #expect(try await store.read { try $0.importJob(id) }?.state == .failed)
        try store.close()
    }
}
