import Core
import Linux
import Storage
import Testing

@Suite struct ImportQueriesTests {
    let folder = TemporaryFolder()

    func tally(_ lines: [[FieldError]], from first: Int64 = 1) -> ImportTally {
        var tally = ImportTally()
        for (index, problems) in lines.enumerated() { tally.count(problems, line: first + Int64(index)) }
        return tally
    }

    @Test func `an import ends once`() async throws {
        let store = try folder.store()
        let id = try await store.write { try $0.startImport(.events) }
        let wrong = FieldError(pointer: "/at", code: "invalid_value", detail: "must be a time")
        let (first, second) = (tally([[], [wrong], []]), tally([[]], from: 4))
        try await store.write { try $0.advance(import: id, from: 0, by: first) }
        let half = try #require(try await store.read { try $0.importJob(id) })
        #expect(half.state == .running && half.finishedAt == nil && half.errors.map { $0["line"] } == [2])
        // Whoever does not know how far it is may not count on.
        for lines in [0, 2, 4] as [Int64] {
            await #expect(throws: StorageError.notFound) { try await store.write { try $0.advance(import: id, from: lines, by: second) } }
        }
        try await store.write { try $0.advance(import: id, from: 3, by: second) }
        let done = try await store.write { try $0.end(import: id, .finished) }
        #expect(done.state == .finished && done.finishedAt != nil)
        #expect(done.lines == 4 && done.accepted == 3 && done.rejected == 1 && done.errors == half.errors)
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.advance(import: id, from: 4, by: second) } }
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.end(import: id, .failed) } }
        try store.close()
    }

    @Test func `the first hundred errors are kept, over all slices, and all are counted`() async throws {
        let store = try folder.store()
        let id = try await store.write { try $0.startImport(.profiles) }
        let wrong = FieldError(pointer: "", code: "invalid_json", detail: "is no JSON")
        for slice in 0..<4 {
            let tally = tally(Array(repeating: [wrong], count: 40), from: Int64(slice * 40 + 1))
            try await store.write { try $0.advance(import: id, from: Int64(slice * 40), by: tally) }
        }
        let done = try await store.write { try $0.end(import: id, .finished) }
        #expect(done.rejected == 160 && done.errors.compactMap { $0["line"]?.int } == Array(1...100))
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
