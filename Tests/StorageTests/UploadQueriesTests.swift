import Core
import Storage
import Testing

@Suite struct UploadQueriesTests {
    let folder = TemporaryFolder()

    func upload(_ id: Int64) -> Upload { Upload(id: UploadID(rawValue: id), format: .csv, createsProfiles: true) }

    @Test func `an upload is an import's once all its parts are there, and comes out as it went in`() async throws {
        let store = try folder.store()
        let (first, second) = (upload(7), upload(3))
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        try await store.write { transaction in
            for upload in [first, second] { try transaction.start(upload: upload) }
            try transaction.add(part: 1, bytes, to: first.id)
            try transaction.add(part: 2, [0], to: first.id)
        }
        for parts in [1, 3] as [Int64] {
            await #expect(throws: StorageError.notFound) {
                try await store.write { try $0.complete(upload: first.id, parts: parts, as: $0.startImport(.events)) }
            }
        }
        #expect(try await store.read { try $0.firstUpload() } == nil)
        let jobs = try await store.write { transaction in
            let jobs = [try transaction.startImport(.events, label: "a"), try transaction.startImport(.profiles)]
            try transaction.complete(upload: first.id, parts: 2, as: jobs[0])
            try transaction.complete(upload: second.id, parts: 0, as: jobs[1])
            return jobs
        }
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.complete(upload: first.id, parts: 2, as: jobs[1]) } }
        // In the order of their imports.
        let next = try #require(try await store.read { try $0.firstUpload() })
        #expect(next.upload.id == first.id && next.upload.format == .csv && next.upload.createsProfiles && next.job.id == jobs[0] && next.job.label == "a")
        let parts = try await store.read { transaction in try (1...3).map { try transaction.part($0, of: first.id) } }
        #expect(parts == [bytes, [0], nil])
        let all = try await store.read { try $0.uploads() }.sorted { $0.bytes < $1.bytes }
        #expect(all.map(\.id) == [second.id, first.id] && all.map(\.bytes) == [0, 300_001] && all.allSatisfy(\.isWhole))
        try store.close()
    }

    @Test func `an upload is deleted piece by piece, and no other with it`() async throws {
        let store = try folder.store()
        let (gone, kept) = (upload(1), upload(2))
        try await store.write { transaction in
            for upload in [gone, kept] {
                try transaction.start(upload: upload)
                for part in 1...20 { try transaction.add(part: Int64(part), [1, 2, 3], to: upload.id) }
            }
        }
        var sizes: [Int] = []
        while try await !store.write({ try $0.discardPiece(of: gone.id) }) {
            sizes.append(try #require(try await store.read { try $0.uploads() }.first { $0.id == gone.id }).bytes)
        }
        #expect(sizes == [36, 12])
        let left = try await store.read { try $0.uploads() }
        #expect(left.map(\.id) == [kept.id] && left.map(\.bytes) == [60] && left.map(\.isWhole) == [false])
        try store.close()
    }

    @Test func `an import whose upload is here has not failed with its process`() async throws {
        let store = try folder.store()
        let upload = upload(1)
        let (kept, lost) = try await store.write { transaction in
            let jobs = (try transaction.startImport(.profiles), try transaction.startImport(.profiles))
            try transaction.start(upload: upload)
            try transaction.complete(upload: upload.id, parts: 0, as: jobs.0)
            return jobs
        }
        #expect(try await store.write { try $0.failInterruptedImports() } == 1)
        #expect(try await store.read { try $0.importJob(kept) }?.state == .running)
        #expect(try await store.read { try $0.importJob(lost) }?.state == .failed)
        try store.close()
    }
}
