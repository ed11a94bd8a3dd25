import Core
import GRDB
import Linux
@testable import Storage
import Testing

@Suite struct CampaignTests {
    private let folder = TemporaryFolder()
    private let time = ManualTime()
    private let store: Store

    init() throws { store = try folder.store(time: time) }

    private func draft(_ name: String = "Ventes") async throws -> Campaign {
        try await store.write { try $0.createCampaign(name: name, purpose: .marketing, definition: "{\"name\":\"x\"}") }
    }

    /// A campaign in that state, by the shortest way.
    private func campaign(in state: CampaignState) async throws -> Campaign {
        let id = try await draft().id
        let way: [CampaignState] = switch state {
        case .draft: []
        case .scheduled: [.scheduled]
        case .running: [.running]
        case .paused, .finished, .failed: [.running, state]
        case .cancelled, .expired: [.scheduled, state]
        }
        return try await store.write { [now = store.now] transaction in
            for step in way {
                _ = try transaction.transition(id, to: step, scheduledAt: step == .scheduled ? now + .seconds(60) : nil)
            }
            guard let found = try transaction.campaign(id) else { throw StorageError.notFound }
            return found
        }
    }

    @Test func `a new campaign is a draft at version one`() async throws {
        let made = try await draft()
        #expect(made.state == .draft)
        #expect(made.version == 1)
        #expect(made.definition == "{\"name\":\"x\"}")
        #expect(made.createdAt == store.now)
        #expect(made.startedAt == nil)
        #expect(try await store.read { try $0.campaign(made.id) } == made)
        #expect(try await store.read { try $0.campaign(CampaignID(rawValue: 99)) } == nil)
        try store.close()
    }

    @Test(arguments: CampaignState.allCases, CampaignState.allCases)
    func `moves where its state allows and says its state otherwise`(_ from: CampaignState, _ to: CampaignState) async throws {
        let before = try await campaign(in: from)
        time.advance(milliseconds: 1_000)
        let now = store.now
        let scheduledAt = to == .scheduled ? now + .seconds(5) : nil
        if from.next.contains(to) {
            let after = try await store.write { try $0.transition(before.id, to: to, reason: "r", scheduledAt: scheduledAt) }
            #expect(after.state == to)
            #expect(after.reason == "r")
            #expect(after.version == before.version + 1)
            #expect(after.startedAt == (to == .running ? before.startedAt ?? now : before.startedAt))
            #expect((after.finishedAt == now) == to.next.isEmpty)
            #expect(after.scheduledAt == (to == .scheduled ? scheduledAt : to == .draft ? nil : before.scheduledAt))
        } else {
            await #expect(throws: StorageError.conflict(from.rawValue)) {
                try await store.write { try $0.transition(before.id, to: to, scheduledAt: scheduledAt) }
            }
            #expect(try await store.read { try $0.campaign(before.id) } == before)
        }
        try store.close()
    }

    @Test func `launch starts drafts and scheduled ones, never a paused one`() async throws {
        let draft = try await draft()
        #expect(try await store.write { try $0.launchCampaign(draft.id) }.startedAt == store.now)
        let later = store.now + .seconds(3_600)
        let scheduled = try await self.draft()
        #expect(try await store.write { try $0.launchCampaign(scheduled.id, scheduledAt: later) }.scheduledAt == later)
        #expect(try await store.write { try $0.launchCampaign(scheduled.id) }.state == .running)
        let paused = try await campaign(in: .paused)
        await #expect(throws: StorageError.conflict("paused")) { try await store.write { try $0.launchCampaign(paused.id) } }
        await #expect(throws: StorageError.conflict("running")) { try await store.write { try $0.launchCampaign(draft.id) } }
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.launchCampaign(CampaignID(rawValue: 99)) } }
        try store.close()
    }

    @Test func `only a draft is edited or deleted, at the version that was read`() async throws {
        let draft = try await draft()
        func edit(_ id: CampaignID, _ version: Int64?) async throws -> Campaign {
            try await store.write { try $0.updateCampaign(id, version: version, name: "n", purpose: .service, definition: "{}") }
        }
        let edited = try await edit(draft.id, 1)
        #expect(edited.version == 2)
        #expect(edited.purpose == .service)
        await #expect(throws: StorageError.versionMismatch) { try await edit(draft.id, 1) }
        #expect(try await edit(draft.id, nil).version == 3)
        await #expect(throws: StorageError.notFound) { try await edit(CampaignID(rawValue: 99), nil) }
        await #expect(throws: StorageError.versionMismatch) { try await store.write { try $0.deleteCampaign(draft.id, version: 2) } }
        await #expect(throws: StorageError.versionMismatch) { try await store.write { try $0.launchCampaign(draft.id, version: 2) } }
        for state in CampaignState.allCases where state != .draft {
            let other = try await campaign(in: state)
            await #expect(throws: StorageError.conflict(state.rawValue)) { try await edit(other.id, nil) }
            await #expect(throws: StorageError.conflict(state.rawValue)) { try await store.write { try $0.deleteCampaign(other.id) } }
        }
        try await store.write { try $0.deleteCampaign(draft.id, version: 3) }
        #expect(try await store.read { try $0.campaign(draft.id) } == nil)
        try store.close()
    }

    @Test func `lists newest first, by state, and what is due`() async throws {
        var made: [Campaign] = []
        for number in 0..<5 { made.append(try await draft("c\(number)")) }
        let first = try await store.read { try $0.campaigns(limit: 3) }
        #expect(first.map(\.id) == made.reversed().prefix(3).map(\.id))
        let second = try await store.read { try $0.campaigns(before: first.last?.id, limit: 3) }
        #expect(second.map(\.id) == made.prefix(2).reversed().map(\.id))
        let now = store.now
        for (index, delay) in [(0, 20), (1, 10), (2, 90)] {
            let id = made[index].id
            _ = try await store.write { try $0.launchCampaign(id, scheduledAt: now + .seconds(delay)) }
        }
        #expect(try await store.read { try $0.dueCampaigns() }.isEmpty)
        #expect(try await store.read { try $0.nextScheduled() } == now + .seconds(10))
        time.advance(milliseconds: 20_000)
        #expect(try await store.read { try $0.dueCampaigns() }.map(\.id) == [made[1].id, made[0].id])
        #expect(try await store.read { try $0.campaigns(in: [.draft]) }.map(\.id) == [made[3].id, made[4].id])
        #expect(try await store.read { try $0.campaigns(in: [.draft, .scheduled]) }.count == 5)
        try store.close()
    }

    @Test func `what a refused effect wrote beside it is undone with it`() async throws {
        let running = try await campaign(in: .running)
        await #expect(throws: StorageError.conflict("running")) {
            try await store.write { transaction in
                try transaction.run("INSERT INTO meta (key, value) VALUES ('beside', 1)")
                return try transaction.launchCampaign(running.id)
            }
        }
        #expect(try await store.read { try $0.row("SELECT 1 FROM meta WHERE key = 'beside'") == nil })
        try store.close()
    }

    @Test func `a test send keeps the definition as it was and waits for its run`() async throws {
        let draft = try await draft()
        let people = [ProfileID(rawValue: 3), ProfileID(rawValue: 9)]
        let test = try await store.write { try $0.createTest(of: draft.id, profiles: people) }
        _ = try await store.write { try $0.updateCampaign(draft.id, version: nil, name: "n", purpose: .service, definition: "{}") }
        #expect(test.profiles == people)
        #expect(test.definition == draft.definition)
        #expect(try await store.read { try $0.unfrozenTests() }.map(\.id) == [test.id])
        try await store.write { try $0.markFrozen(test: test.id) }
        #expect(try await store.read { try $0.unfrozenTests() }.isEmpty)
        #expect(try await store.read { try $0.test(test.id) }?.frozenAt == store.now)
        await #expect(throws: StorageError.notFound) { try await store.write { try $0.createTest(of: CampaignID(rawValue: 99), profiles: people) } }
        try store.close()
    }
}
