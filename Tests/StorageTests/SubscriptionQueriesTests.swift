import Core
import Linux
import Storage
import Testing

@Suite struct SubscriptionQueriesTests {
    let folder = TemporaryFolder()
    let time = ManualTime()
    let accounts = [Account(name: "ios", channel: .apns), Account(name: "android", channel: .fcm)]

    func store() throws -> Store { try folder.store(accounts: accounts, time: time) }

    func registration(_ profile: String, _ optIn: Bool? = nil, _ proof: ConsentProof? = nil, token: String = "aa11") -> Registration {
        Registration(profile: profile, account: "ios", address: .apns(token: token), optIn: optIn, proof: proof)
    }

    func history(_ store: Store, _ profile: String) async throws -> [Consent] {
        try await store.read { transaction in
            guard let id = try transaction.profileID(profile) else { return [] }
            return try transaction.consents(of: id, limit: 100)
        }
    }

    @Test func `the same address is the same subscription, and an unchanged opt-in leaves no trace`() async throws {
        let store = try store()
        let first = try await store.write { [self] in try $0.register(registration("u1", true, ConsentProof(source: "app", topics: ["news"]))) }
        let again = try await store.write { [self] in try $0.register(registration("u1", true)) }
        #expect(first.isNew && !again.isNew)
        #expect(first.value.id == again.value.id)
        #expect(again.value.optIn && again.value.topics == ["news"])
        #expect(try await history(store, "u1").map(\.state) == [.granted])
        try store.close()
    }

    @Test func `what a registration gives back is what is stored`() async throws {
        let store = try store()
        var full = registration("u1", true, ConsentProof(source: "app", text: "v3", topics: ["b", "é", "a", "b"]))
        (full.language, full.appVersion, full.os) = (.set("fr"), .set("5.2"), .set("iOS 18.1"))
        for said in [full, registration("u1", false, token: "bb22"), registration("u2", true, token: "cc33"), registration("u2", token: "dd44"), full] {
            let written = try await store.write { try $0.register(said).value }
            #expect(try await store.read { try $0.subscription(written.id) } == written)
            #expect(try await store.read { try $0.profile(said.profile)?.lastSeenAt } == store.now)
        }
        #expect(try await history(store, "u1").map(\.proof.topics) == [["a", "b", "é"]])
        try store.close()
    }

    @Test func `a new address that says nothing has no opt-in`() async throws {
        let store = try store()
        let first = try await store.write { [self] in try $0.register(registration("u1")) }
        #expect(!first.value.optIn)
        #expect(try await history(store, "u1").isEmpty)
        try store.close()
    }

    @Test func `the opt-in does not go over to the next owner`() async throws {
        let store = try store()
        let first = try await store.write { [self] in try $0.register(registration("u1", true, ConsentProof(source: "app", topics: ["news"]))) }
        let second = try await store.write { [self] in try $0.register(registration("u2")) }
        #expect(second.value.id == first.value.id)
        #expect(second.value.profileExternalID == "u2" && !second.value.optIn && second.value.topics.isEmpty)
        #expect(try await history(store, "u1").map(\.proof.source) == ["owner_changed", "app"])
        #expect(try await history(store, "u2").isEmpty)

        let third = try await store.write { [self] in try $0.register(registration("u3", true)) }
        #expect(third.value.optIn)
        #expect(try await history(store, "u3").map(\.state) == [.granted])
        try store.close()
    }

    @Test func `decisions are kept in order, and only changes`() async throws {
        let store = try store()
        let id = try await store.write { [self] in try $0.register(registration("u1", true)).value.id }
        for _ in 0..<2 { try await store.optOut(subscription: id, proof: ConsentProof(source: "sms_keyword", evidence: ["text": "STOP"])) }
        time.advance(milliseconds: 1)
        for _ in 0..<2 { try await store.optIn(subscription: id, proof: ConsentProof(source: "api")) }
        let found = try await history(store, "u1")
        #expect(found.map(\.state) == [.granted, .withdrawn, .granted])
        #expect(found[1].proof.evidence == ["text": "STOP"])
        try store.close()
    }

    @Test func `a grant from before the last withdrawal does not bring anybody back`() async throws {
        let store = try store()
        let id = try await store.write { [self] in try $0.register(registration("u1", true)).value.id }
        time.advance(milliseconds: 60_000)
        try await store.optOut(subscription: id, proof: ConsentProof(source: "sms_keyword"))
        let old = ConsentProof(source: "crm_import", at: store.now - .seconds(30))
        for _ in 0..<2 {
            let imported = try await store.write { [self] in try $0.register(registration("u1", true, old)).value }
            #expect(!imported.optIn)
        }
        #expect(try await history(store, "u1").map(\.proof.source) == ["crm_import", "sms_keyword", "api"])
        time.advance(milliseconds: 1)
        let fresh = try await store.write { [self] in try $0.register(registration("u1", true)).value }
        #expect(fresh.optIn)
        try store.close()
    }

    @Test func `a decision dated in the future cannot outlast a later withdrawal`() async throws {
        let store = try store()
        let future = ConsentProof(source: "app", at: store.now + .seconds(86_400))
        let id = try await store.write { [self] in try $0.register(registration("u1", true, future)).value.id }
        #expect(try await store.optOut(subscription: id, proof: ConsentProof(source: "api")).optIn == false)
        #expect(try await history(store, "u1").allSatisfy { $0.at <= store.now })
        try store.close()
    }

    @Test func `a dead address stays dead until it is registered again`() async throws {
        let store = try store()
        let id = try await store.write { [self] in try $0.register(registration("u1", true)).value.id }
        let registered = store.now
        time.advance(milliseconds: 5_000)
        // APNs says that the token died before it was last registered: the app has it again.
        #expect(try await !store.invalidate(subscription: id, reason: "410 Unregistered", at: store.now, unlessRegisteredAfter: registered - .seconds(1)))
        #expect(try await store.invalidate(subscription: id, reason: "410 Unregistered", at: store.now, unlessRegisteredAfter: registered))
        #expect(try await !store.invalidate(subscription: id, reason: "again", at: store.now))
        let dead = try await store.subscription(account: "ios", address: "aa11")
        #expect(dead?.status == .invalid(reason: "410 Unregistered", at: store.now))
        #expect(dead?.optIn == true)
        let alive = try await store.write { [self] in try $0.register(registration("u1")).value }
        #expect(alive.status == .active && alive.optIn)
        try store.close()
    }

    @Test func `a window only grows`() async throws {
        let store = try store()
        let id = try await store.write { [self] in try $0.register(registration("u1")).value.id }
        let end = store.now + .seconds(86_400)
        try await store.openWindow(subscription: id, until: end)
        try await store.openWindow(subscription: id, until: end - .seconds(60))
        #expect(try await store.subscription(account: "ios", address: "aa11")?.windowExpiresAt == end)
        #expect(try await !store.openWindow(subscription: SubscriptionID(rawValue: 99), until: end))
        try store.close()
    }

    @Test func `a deleted address leaves the withdrawal in the history`() async throws {
        let store = try store()
        let id = try await store.write { [self] in try $0.register(registration("u1", true)).value.id }
        try await store.write { try $0.delete(subscription: id, proof: ConsentProof(source: "api")) }
        let found = try await history(store, "u1")
        #expect(found.map(\.state) == [.withdrawn, .granted])
        #expect(found.allSatisfy { $0.subscription == nil })
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.delete(subscription: id, proof: ConsentProof(source: "api")) } }
        try store.close()
    }

    @Test func `an account of another channel is refused and nothing is made`() async throws {
        let store = try store()
        let wrong = Registration(profile: "u9", account: "android", address: .apns(token: "aa11"), optIn: true)
        await #expect(throws: InvalidInput.self) { try await store.write { try $0.register(wrong) } }
        #expect(try await store.read { try $0.profile("u9") } == nil)
        try store.close()
    }
}
