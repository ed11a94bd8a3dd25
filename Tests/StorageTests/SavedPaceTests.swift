import Core
import Linux
import Storage
import Testing

@Suite struct SavedPaceTests {
    @Test func `the last word is kept over a restart`() async throws {
        let folder = TemporaryFolder()
        let store = try folder.store(accounts: [Account(name: "ios", channel: .apns)], time: ManualTime())
        let account = try #require(store.accountIDs.values.first)
        try await store.write { try $0.save(SavedPace(perSecond: 12.5, blockedUntil: .seconds(9)), account: account) }
        try await store.write { try $0.save(SavedPace(perSecond: 14, blockedUntil: nil), account: account) }
        try store.close()
        let again = try folder.store(accounts: [Account(name: "ios", channel: .apns)], time: ManualTime())
        #expect(try await again.read { try $0.paces() } == [account: SavedPace(perSecond: 14)])
        try again.close()
    }
}
