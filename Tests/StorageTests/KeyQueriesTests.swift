import Core
import Linux
import Storage
import Testing

@Suite struct KeyQueriesTests {
    let folder = TemporaryFolder()
    let time = ManualTime()

    @Test func `a key lives until it expires or is revoked`() async throws {
        let store = try folder.store(time: time)
        let new = NewAPIKey(name: "ci", kind: .server, hash: Array(repeating: 7, count: 32), scopes: ["profiles:read"],
                            expiresAt: store.now + .seconds(60))
        let key = try await store.write { try $0.add(key: new) }
        #expect(key.hash == new.hash && key.scopes == ["profiles:read"] && key.identityKey == nil)
        #expect(key.isUsable(at: store.now))
        #expect(!key.isUsable(at: store.now + .seconds(60)))
        let revoked = try await store.write { try $0.revoke(key: key.id) }
        #expect(!revoked.isUsable(at: store.now))
        time.advance(milliseconds: 1_000)
        #expect(try await store.write { try $0.revoke(key: key.id) }.revokedAt == revoked.revokedAt)
        try store.close()
    }

    @Test func `the last use only moves forward`() async throws {
        let store = try folder.store(time: time)
        let new = NewAPIKey(name: "app", kind: .app, hash: Array(repeating: 7, count: 32), scopes: [],
                            identityKey: Array(repeating: 8, count: 32), requiresIdentity: true)
        let id = try await store.write { try $0.add(key: new).id }
        for second in [120, 60] as [Int64] { try await store.write { try $0.touch(key: id, at: .seconds(second)) } }
        let key = try await store.read { try $0.key(id) }
        #expect(key?.lastUsedAt == .seconds(120))
        #expect(key?.identityKey == new.identityKey && key?.requiresIdentity == true)
        try store.close()
    }

    @Test func `a recorded answer is there with its effect or not at all, and goes with time and with the person`() async throws {
        struct Refusal: Error {}
        let store = try folder.store(time: time)
        let key = try await store.write { try $0.add(key: NewAPIKey(name: "k", kind: .server, hash: Array(repeating: 7, count: 32), scopes: [])).id }
        let hash = [UInt8](repeating: 1, count: 32)
        let answer = RecordedAnswer(requestHash: hash, status: 201, headers: ["etag": "\"1\""], body: Array("{}".utf8))
        await #expect(throws: Refusal.self) {
            try await store.write { transaction in
                try transaction.record(answer, of: key, to: "a")
                throw Refusal()
            }
        }
        #expect(try await store.read { try $0.recordedAnswer(of: key, to: "a") } == nil)
        try await store.write { try $0.record(answer, of: key, to: "a") }
        #expect(try await store.read { try $0.recordedAnswer(of: key, to: "a") } == answer)

        try await store.write { transaction in
            let profile = try transaction.write(profile: "u1", .replacement).value.id
            try transaction.record(RecordedAnswer(requestHash: hash, status: 200, headers: [:], body: [], profile: profile), of: key, to: "b")
        }
        _ = try await store.write { try $0.erase(profile: "u1") }
        #expect(try await store.read { try $0.recordedAnswer(of: key, to: "b") } == nil)

        #expect(try await store.write { try $0.forgetAnswers() } == 0)
        time.advance(milliseconds: RecordedAnswer.lifetime.milliseconds + 1)
        #expect(try await store.write { try $0.forgetAnswers() } == 1)
        try store.close()
    }
}
