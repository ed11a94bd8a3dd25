import API
import Core
import Testing

@Suite struct AccountRoutesTests {
    @Test func `an account tells its rate, how long it waits, and what troubles it`() async throws {
        try await CampaignServer.run { server in
            let quiet = try await server.send("GET", "/v1/accounts/sms-fr")
            #expect(quiet.status == 200)
            #expect(quiet.json == ["name": "sms-fr", "channel": "sms", "rate": .null, "waits_until": .null, "trouble": .null])
            server.context.accounts.register {
                [AccountStatus(account: Account(name: "sms-fr", channel: .sms), trouble: "401", ratePerSecond: 12.34, waitsUntil: .seconds(1_750_000_060))]
            }
            let troubled = try await server.send("GET", "/v1/accounts/sms-fr")
            #expect(troubled.json == ["name": "sms-fr", "channel": "sms", "rate": ["per_second": 12.3],
                                      "waits_until": "2025-06-15T15:07:40Z", "trouble": "401"])
            let list = try await server.send("GET", "/v1/accounts")
            #expect(list.json["data"]?.array?.contains(troubled.json) == true)
            #expect(try await server.send("GET", "/v1/accounts/none").status == 404)
        }
    }
}
