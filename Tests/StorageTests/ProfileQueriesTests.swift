import Core
import GRDB
import Linux
import Storage
import Testing

@Suite struct ProfileQueriesTests {
    let folder = TemporaryFolder()
    let time = ManualTime()

    @Test func `a replacement clears what it does not name and a change keeps it`() async throws {
        let store = try folder.store(time: time)
        var first = ProfileChange.replacement
        first.language = .set("fr")
        first.tags = .set(["vip", "staff", "vip"])
        first.attributes = ["tier": "gold", "age": 41, "gone": nil]
        let created = try await store.write { [first] in try $0.write(profile: "u1", first) }
        #expect(created.isNew)
        #expect(created.value.tags == ["staff", "vip"])
        #expect(created.value.attributes == ["tier": "gold", "age": 41])

        var patch = ProfileChange()
        patch.attributes = ["age": nil, "city": "Paris"]
        patch.tags = .set(["vip"])
        let changed = try await store.write { [patch] in try $0.change(profile: "u1", patch) }
        #expect(changed.language == "fr")
        #expect(changed.attributes == ["tier": "gold", "city": "Paris"])
        #expect(changed.tags == ["vip"])
        #expect(changed.id == created.value.id)

        let replaced = try await store.write { try $0.write(profile: "u1", .replacement) }
        #expect(!replaced.isNew)
        #expect(replaced.value.language == nil && replaced.value.tags.isEmpty && replaced.value.attributes.isEmpty)
        try store.close()
    }

    @Test func `an unknown profile cannot be changed`() async throws {
        let store = try folder.store(time: time)
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.change(profile: "nobody", ProfileChange()) } }
        try store.close()
    }

    @Test func `two external ids of one hash stay two people`() async throws {
        let store = try folder.store(time: time)
        _ = try await store.write { try $0.write(profile: "u1", .replacement) }
        // Two ids of one hash are not to be found in a test: a second row is given the hash of the first, and comes first.
        try await store.file.writer.write { db in
            try db.execute(sql: """
                UPDATE profile SET external_id = 'u2';
                INSERT INTO profile (external_id, external_hash, bucket, created_at, updated_at) SELECT 'u1', external_hash, 0, 0, 0 FROM profile
                """)
        }
        let found = try await store.read { try $0.profile("u1") }
        #expect(found?.externalID == "u1" && found?.id.rawValue == 2)
        try store.close()
    }

    @Test func `an erased person leaves a proof of consent without themself, and their number is never given again`() async throws {
        let store = try folder.store(accounts: [Account(name: "sms", channel: .sms)], time: time)
        let number = try #require(PhoneNumber(e164: "+33611223344"))
        let proof = ConsentProof(source: "form", text: "v3", evidence: ["ip": "192.0.2.7"])
        let subscription = try await store.write {
            try $0.register(Registration(profile: "u1", account: "sms", address: .sms(number), optIn: true, proof: proof)).value
        }
        _ = try await store.write { try $0.add(event: NewEvent(id: "e1", profile: "u1", name: "purchase"), createsProfiles: false) }
        #expect(try await store.write { try $0.erase(profile: "u1") })
        #expect(try await store.write { try $0.erase(profile: "u1") } == false)

        let left = try await store.file.read { db in
            try ["profile", "subscription", "event", "profile_tag"].map { try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") ?? -1 }
        }
        #expect(left == [0, 0, 0, 0])
        let row = try await store.file.read { db in
            try Row.fetchOne(db, sql: "SELECT profile, subscription, evidence, state, text FROM consent").map(String.init(describing:))
        }
        #expect(row == "[profile:NULL subscription:NULL evidence:NULL state:\"granted\" text:\"v3\"]")

        let next = try await store.write { try $0.write(profile: "u2", .replacement).value.id }
        #expect(next.rawValue > subscription.profile.rawValue)
        try store.close()
    }
}
