import Core
import Testing

extension SystemTests {
    /// What is said of a campaign holds from the answer on, row by row, and through `kill -9`.
    @Suite struct ControlTests {
        private static let people = 1_500

        @Test func `after a pause nobody is sent to who was not being sent to, and after the end everybody was once`() throws {
            let (gateway, server, api) = try Self.start(perSecond: 3_000)
            let campaign = try api.launch(Self.bulk)
            for turn in 1...6 {
                try Poll.until("more messages") { gateway.received.count >= turn * 120 }
                try api.post("/v1/campaigns/\(campaign)/pause", .object([:]))
                let begun = try Self.begun(campaign, api)
                if turn % 3 == 0 {
                    try server.killHard()
                    try server.start()
                    #expect(try api.get("/v1/campaigns/\(campaign)")["state"] == "paused")
                }
                try Self.settle(campaign, api)
                let (strangers, now) = (Set(gateway.received).subtracting(begun), try Self.begun(campaign, api))
                #expect(begun.count >= turn * 100 && strangers.isEmpty && now.count == begun.count, "pause \(turn)")
                try api.post("/v1/campaigns/\(campaign)/resume", .object([:]))
            }
            let states = try api.waitUntilFinished(campaign)["by_state"]?.counts ?? [:]
            let (accepted, unknown) = (states["accepted"] ?? 0, states["unknown"] ?? 0)
            #expect(accepted + unknown == Self.people, "\(states)")
            let received = gateway.received
            #expect(received.count == Set(received).count, "nobody twice")
            #expect((accepted...(accepted + unknown)).contains(received.count))
            #expect(try server.stop() == .exit(0))
        }

        @Test func `after a cancel nobody is sent to who was not being sent to, a kill right after it included`() throws {
            let (gateway, server, api) = try Self.start(perSecond: 3_000)
            for kills in [false, true] {
                let before = gateway.received.count
                let campaign = try api.launch(Self.bulk)
                try Poll.until("messages") { gateway.received.count >= before + 150 }
                try api.post("/v1/campaigns/\(campaign)/cancel", .object([:]))
                let begun = try Self.begun(campaign, api)
                if kills {
                    try server.killHard()
                    try server.start()
                }
                try Poll.until("the end of its rows") { (try api.report(campaign)["by_state"]?.counts ?? [:]).allSatisfy {
                    !["pending", "leased", "sending"].contains($0.key) || $0.value == 0
                } }
                let arrived = Set(gateway.received[before...])
                let (strangers, now) = (arrived.subtracting(begun), try Self.begun(campaign, api))
                #expect(begun.count >= 150 && strangers.isEmpty && now.count == begun.count)
                let states = try api.report(campaign)["by_state"]?.counts ?? [:]
                // Of those that had begun, some were still waiting for their turn, and were taken back.
                #expect(states.values.reduce(0, +) == Self.people && states["cancelled", default: 0] >= Self.people - begun.count, "\(states)")
            }
            #expect(try server.stop() == .exit(0))
        }

        @Test func `whoever opts out or is erased while a campaign leaves gets nothing from the answer on`() throws {
            let (gateway, server, api) = try Self.start(perSecond: 400)
            // Everywhere in the audience: some of them are sent to before they leave.
            let leavers = try (0..<40).map { place in
                let person = place * Self.people / 40
                let known = try api.get("/v1/profiles/u\(person)/export")["subscriptions"]?.array?.first
                return (name: "u\(person)", subscription: try #require(known?["id"]?.string), number: Self.number(person))
            }.shuffled()
            let campaign = try api.launch(Self.bulk)
            var escaped: [String] = []
            for (place, leaver) in leavers.enumerated() {
                switch place % 3 {
                case 0: try api.post("/v1/subscriptions/\(leaver.subscription)/opt-out", .object([:]))
                case 1: _ = try api.send("DELETE", "/v1/profiles/\(leaver.name)")
                default:
                    let from = leaver.number.replacing("+", with: "%2B")
                    #expect(try server.http.send("GET", "/hooks/sms?token=\(Gateway.token)&from=\(from)&text=STOP&id=mo\(place)").status == 200)
                }
                let row = try api.deliveries(campaign).first { $0["subscription"]?.string == leaver.subscription }
                if (row?["attempts"]?.int ?? 0) == 0 { escaped.append(leaver.number) }
                if place == 20 {
                    try server.killHard()
                    try server.start()
                }
            }
            _ = try api.waitUntilFinished(campaign)
            #expect((5..<leavers.count).contains(escaped.count), "some left before their turn, some after it")
            let sent = Set(gateway.received).intersection(escaped)
            #expect(sent.isEmpty)
            #expect(try server.stop() == .exit(0))
        }

        @Test func `messages posted around a kill arrive once, or are told to be uncertain`() throws {
            let (gateway, server, api) = try Self.start(perSecond: 2_000)
            let campaign = try api.launch(Self.bulk)
            var messages: [String] = []
            for number in 0..<60 {
                let posted = try api.post("/v1/messages", [
                    "profile": .string("u\(number)"), "channels": ["sms"], "content": ["default_language": "en", "en": ["body": "Code"]],
                ], idempotencyKey: "m\(number)")
                messages.append(try #require(posted["id"]?.string))
                if number % 20 == 19 {
                    try server.killHard()
                    try server.start()
                }
            }
            _ = try api.waitUntilFinished(campaign)
            var unknown = 0
            for (number, id) in messages.enumerated() {
                let end = try Poll.until("the end of \(id)") { () -> JSONValue? in
                    let message = try api.get("/v1/messages/\(id)")
                    return message["state"] == "finished" ? message : nil
                }
                let state = end["deliveries"]?.array?.first?["state"]?.string
                #expect(state == "accepted" || state == "unknown", "\(end.text)")
                if state == "unknown" { unknown += 1 }
                // One of the campaign, and one of its own.
                let count = gateway.received.count { $0 == Self.number(number) }
                #expect(count <= 2, "\(count) to u\(number)")
            }
            #expect(unknown <= 3 * 20, "no more than were on their way")
            #expect(try server.stop() == .exit(0))
        }

        private static let bulk: JSONValue = [
            "name": "Bulk", "audience": ["all": true], "channels": ["sms"], "content": ["default_language": "en", "en": ["body": "Hello"]],
        ]

        private static func number(_ person: Int) -> String { "+336000" + String(10_000 + person) }

        private static func start(perSecond: Int) throws -> (Gateway, ServerProcess, API) {
            let folder = try TemporaryFolder()
            let gateway = try Gateway()
            let server = try ServerProcess(["accounts": ["sms": gateway.account(perSecond: perSecond, folder)]], port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            try api.importLines("profiles", (0..<people).map { ["external_id": .string("u\($0)")] })
            try api.importLines("subscriptions", (0..<people).map {
                ["profile": .string("u\($0)"), "channel": "sms", "account": "sms", "address": .string(number($0)), "opt_in": true,
                 "consent": ["source": "form"]]
            })
            return (gateway, server, api)
        }

        /// The numbers of those whom an attempt was begun for.
        private static func begun(_ campaign: String, _ api: API) throws -> Set<String> {
            let rows = try api.deliveries(campaign).filter { ($0["attempts"]?.int ?? 0) > 0 }
            return Set(rows.compactMap { row in row["profile"]?.string.flatMap { Int($0.dropFirst()) }.map(number) })
        }

        /// Waits until nothing is on its way any more.
        private static func settle(_ campaign: String, _ api: API) throws {
            try Poll.until("what is on its way") {
                let states = try api.report(campaign)["by_state"]?.counts ?? [:]
                return (states["leased"] ?? 0) + (states["sending"] ?? 0) == 0
            }
        }
    }
}
