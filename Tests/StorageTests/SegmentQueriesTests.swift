import Core
import Linux
import Storage
import Testing

@Suite struct SegmentQueriesTests {
    let folder = TemporaryFolder()

    @Test func `a change needs the version it was made from`() async throws {
        let store = try folder.store()
        let made = try await store.write { try $0.add(segment: "VIP", condition: ["tag": "vip"]) }
        #expect(made.version == 1)
        let changed = try await store.write { try $0.replace(segment: made.id, name: "VIPs", condition: ["tag": "vip"], ifVersion: 1) }
        #expect(changed.version == 2 && changed.name == "VIPs")
        await #expect(throws: StorageError.versionMismatch) {
            try await store.write { try $0.replace(segment: made.id, name: "late", condition: ["tag": "vip"], ifVersion: 1) }
        }
        await #expect(throws: StorageError.versionMismatch) { try await store.write { try $0.delete(segment: made.id, ifVersion: 1) } }
        try await store.write { try $0.delete(segment: made.id, ifVersion: 2) }
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.delete(segment: made.id, ifVersion: nil) } }
        try store.close()
    }

    @Test func `a segment that another one names stays`() async throws {
        let store = try folder.store()
        let base = try await store.write { try $0.add(segment: "base", condition: ["tag": "vip"]).id }
        let user = try await store.write { try $0.add(segment: "user", condition: ["not": ["segment": .string(base.description)]]).id }
        await #expect(throws: StorageError.conflict("segment \(user) uses this segment")) {
            try await store.write { try $0.delete(segment: base, ifVersion: nil) }
        }
        try await store.write { try $0.delete(segment: user, ifVersion: nil) }
        try await store.write { try $0.delete(segment: base, ifVersion: nil) }
        try store.close()
    }
}
