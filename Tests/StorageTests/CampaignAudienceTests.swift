import Core
import GRDB
import Segmentation
@testable import Storage
import Testing

/// Who a campaign reaches.
@Suite struct CampaignAudienceTests {
    private let folder = TemporaryFolder()
    private let store: Store

    init() throws {
        store = try folder.store(accounts: [
            Account(name: "ios", channel: .apns), Account(name: "ios-two", channel: .apns), Account(name: "sms", channel: .sms),
            Account(name: "web", channel: .webpush),
        ])
    }

    private func account(_ name: String) -> Int64 { store.accountIDs[name] ?? 0 }

    /// Profiles 1 to 6; subscriptions are numbered in this order.
    private func fill() async throws {
        let accounts = store.accountIDs
        try await store.file.writer.write { db in
            for id in 1...6 {
                try db.execute(sql: """
                    INSERT INTO profile (id, external_id, external_hash, language, bucket, created_at, updated_at) VALUES (?, ?, 0, ?, 0, 0, 0)
                    """, arguments: [id, "u\(id)", id == 5 ? nil : id % 2 == 0 ? "fr" : "en"])
            }
            let subscriptions: [(Int, String, Bool, Bool)] = [
                (1, "ios", true, true), (1, "ios-two", true, true), (1, "sms", true, true),  // 1, 2, 3
                (2, "sms", true, true), (2, "ios", false, true),  // 4, 5: withdrew on the first channel
                (3, "ios", true, false), (3, "sms", false, true),  // 6, 7: cannot be reached at all
                (4, "web", true, true),  // 8: on a channel that is not chosen
                (5, "ios", true, true), (5, "ios", false, true),  // 9, 10
            ]
            for (index, one) in subscriptions.enumerated() {
                try db.execute(sql: """
                    INSERT INTO subscription (id, profile, account, channel, address, address_hash, opt_in, status, invalid_at, registered_at, updated_at)
                    VALUES (?, ?, ?, iif(?3 = 3, 'sms', 'apns'), 'a', 0, ?, ?, ?, 0, 0)
                    """, arguments: [index + 1, one.0, accounts[one.1], one.2, one.3 ? "active" : "invalid", one.3 ? nil : 1])
            }
        }
    }

    private func audience(_ matching: Condition = .all, excluding: Condition? = nil, channels: [String] = ["ios", "ios-two", "sms"],
                          strategy: AudienceStrategy = .all) async throws -> FrozenAudience {
        let accounts = channels.map(account)
        return try await store.read {
            try $0.audience(matching: matching, excluding: excluding, accounts: accounts, strategy: strategy)
        }
    }

    private func subscriptions(_ audience: FrozenAudience, _ name: String) -> [UInt32] {
        (audience.members[account(name)] ?? []).map(\.subscription)
    }

    @Test func `takes every subscription of the chosen accounts, opted in or not, and names whom nobody reaches`() async throws {
        try await fill()
        let audience = try await audience()
        #expect(subscriptions(audience, "ios") == [1, 5, 6, 9, 10])
        #expect(subscriptions(audience, "ios-two") == [2])
        #expect(subscriptions(audience, "sms") == [3, 4, 7])
        #expect(subscriptions(audience, "web").isEmpty)
        #expect(audience.unreached == [4, 6])
        #expect(audience.count == 11)
        #expect(audience.members[account("sms")]?.map(\.profile) == [1, 2, 3])
        try store.close()
    }

    @Test func `takes the first channel that reaches, and all subscriptions of it`() async throws {
        try await fill()
        let audience = try await audience(strategy: .firstReachable)
        // Person 2 withdrew from apns, so sms; person 3 cannot be reached: the first channel will say why.
        #expect(subscriptions(audience, "ios") == [1, 6, 9, 10])
        #expect(subscriptions(audience, "ios-two") == [2])
        #expect(subscriptions(audience, "sms") == [4])
        #expect(audience.unreached == [4, 6])
        let reversed = try await self.audience(channels: ["sms", "ios", "ios-two"], strategy: .firstReachable)
        #expect(subscriptions(reversed, "sms") == [3, 4, 7])
        #expect(subscriptions(reversed, "ios") == [9, 10])
        try store.close()
    }

    @Test func `who matches and is not excluded is in it; an unknown language is neither`() async throws {
        try await fill()
        let french = try await audience(.language(["fr"]))
        #expect(subscriptions(french, "ios") == [5])
        #expect(french.unreached == [4, 6])
        let notEnglish = try await audience(excluding: .language(["en"]))
        #expect(subscriptions(notEnglish, "ios") == [5, 9, 10])
        let both = try await audience(.or([.language(["fr"]), .language(["de"])]), excluding: .or([.language(["en"]), .subscribed(channel: .sms, topic: nil)]))
        #expect(both.unreached == [4, 6])
        #expect(both.count == 2)
        try store.close()
    }

    @Test func `a test reaches the named people only`() async throws {
        try await fill()
        let accounts = [account("ios"), account("sms")]
        let audience = try await store.read { transaction in
            try transaction.audience(profiles: [2, 4, 77].map { ProfileID(rawValue: $0) }, accounts: accounts, strategy: .all)
        }
        #expect(subscriptions(audience, "ios") == [5])
        #expect(subscriptions(audience, "sms") == [4])
        #expect(audience.unreached == [4])
        try store.close()
    }

    @Test func `an audience comes back from its chunks as it went in`() {
        let members = (1...4_321).map { FrozenAudience.Member(subscription: UInt32($0) * 990_000, profile: .max - UInt32($0)) }
        let chunks = FrozenChunk.chunks(of: members, account: 1, channel: .apns)
        #expect(chunks.map(\.count) == [2_000, 2_000, 321])
        let back = chunks.flatMap { FrozenChunk.members(in: $0.members, limit: 2_000, from: 1) }
        #expect(back.map { FrozenAudience.Member(subscription: UInt32($0.subscription), profile: UInt32($0.profile)) } == members)
        #expect(FrozenChunk.members(in: chunks[0].members, limit: 3, from: 7).map(\.id) == [7, 8, 9])
        #expect(FrozenChunk.members(in: [1, 2, 3], limit: 9, from: 1).isEmpty, "three bytes are no member")
    }
}
