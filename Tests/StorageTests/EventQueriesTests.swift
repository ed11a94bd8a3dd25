import Core
import Linux
import Storage
import Testing

@Suite struct EventQueriesTests {
    let folder = TemporaryFolder()
    let time = ManualTime()

    @Test func `an event counts once and moves the last time seen`() async throws {
        let store = try folder.store(time: time)
        _ = try await store.write { try $0.write(profile: "u1", .replacement) }
        let event = NewEvent(id: "e1", profile: "u1", name: "purchase", at: store.now - .seconds(10), properties: ["amount": 39.9])
        #expect(try await store.write { try $0.add(event: event, createsProfiles: false) } == .accepted)
        #expect(try await store.write { try $0.add(event: event, createsProfiles: false) } == .duplicate)
        let earlier = NewEvent(id: "e2", profile: "u1", name: "visit", at: store.now - .seconds(90))
        #expect(try await store.write { try $0.add(event: earlier, createsProfiles: false) } == .accepted)

        let (profile, events) = try await store.read { transaction in
            let profile = try transaction.profile("u1")
            return (profile, try profile.map { try transaction.events(of: $0.id, limit: 10) } ?? [])
        }
        #expect(profile?.lastSeenAt == event.at)
        #expect(events.map(\.id) == ["e1", "e2"])
        #expect(events.first?.properties == ["amount": 39.9])
        try store.close()
    }

    @Test func `an event of nobody is refused unless people may be made`() async throws {
        let store = try folder.store(time: time)
        let event = NewEvent(id: "e1", profile: "new", name: "visit")
        #expect(try await store.write { try $0.add(event: event, createsProfiles: false) } == .unknownProfile)
        #expect(try await store.write { try $0.add(event: event, createsProfiles: true) } == .accepted)
        #expect(try await store.read { try $0.profile("new") }?.lastSeenAt == store.now)
        try store.close()
    }
}
