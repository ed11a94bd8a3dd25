import Core
import Glibc
import Testing

extension SystemTests {
    @Suite struct CrashTests {
        private static let counts: [(account: String, channel: Channel, count: Int)] = [
            ("ios-main", .apns, 1_200), ("android-main", .fcm, 1_200), ("web", .webpush, 1_200), ("page", .messenger, 700), ("sms-fr", .sms, 700),
        ]
        private static let kills = 20

        @Test func `twenty times kill -9 in mid-campaign lose nobody and send only what was in flight twice`() throws {
            let folder = try TemporaryFolder()
            let sandbox = try SandboxProcess(in: folder)
            let server = try ServerProcess(Self.slowed(sandbox.config()), port: sandbox.serverPort, in: folder)
            try server.start()
            let api = try server.api()
            try Audience.load(Self.counts, from: sandbox, into: api)
            // So that every kill finds messages in flight.
            try sandbox.setLatency(milliseconds: 120)
            let campaign = try api.launch(Audience.campaign([.apns, .fcm, .webpush, .messenger, .sms]))

            var allowance: [String: Int] = [:]
            var settled: [String: Int] = [:]
            var random = Seeded(state: 20)
            for kill in 0..<Self.kills {
                if kill > 0 { try server.spawn() }
                if kill % 5 != 3 { try Self.waitForProgress(of: campaign, at: server, api, beyond: settled) }
                // The moment of the kill is what is random here: nothing is waited for.
                usleep(UInt32.random(in: 5_000...150_000, using: &random))
                try server.killHard()
                let copy = try DataCopy(of: server.dataFolder)
                let sending = try copy.count(in: "sending")
                allowance.merge(sending, uniquingKeysWith: +)
                settled = try copy.count(in: "accepted").merging(sending, uniquingKeysWith: +)
            }
            let before = try sandbox.receipts().count
            try #require(before < Self.counts.map(\.count).reduce(0, +), "the campaign was over before the last kill")
            try server.start()
            let report = try api.waitUntilFinished(campaign)
            #expect(try server.stop() == .exit(0))
            try sandbox.stop()

            try Verdict(report, DataCopy(of: server.dataFolder), sandbox.receipts(), allowance, kills: Self.kills).check()
        }

        /// Waits until the ledger has moved on by what the last kill left in flight and all that may overtake it: a row that
        /// is found in flight at three starts is given up, as it should be, so a kill in each of its attempts would only
        /// prove that. Brief runs, between longer ones, are killed at any moment of their start.
        private static func waitForProgress(of campaign: String, at server: ServerProcess, _ api: API, beyond settled: [String: Int]) throws {
            try server.waitUntilReady()
            try Poll.until("progress after a restart", seconds: 60) {
                let channels = try api.report(campaign)["by_channel"]
                return ["apns", "fcm", "webpush"].allSatisfy { channel in
                    (channels?[channel]?["by_state"]?.counts["accepted"] ?? 0) >= min(1_200, settled[channel, default: 0] + 16)
                }
            }
        }

        /// Rates at which the campaign outlives all kills.
        private static func slowed(_ config: JSONObject) -> JSONObject {
            var config = config
            var accounts = config["accounts"]?.object ?? JSONObject()
            for (name, channel, _) in counts {
                var account = accounts[name]?.object ?? JSONObject()
                account["rate"] = ["per_second": channel == .sms || channel == .messenger ? 40 : 60]
                accounts[name] = .object(account)
            }
            config["accounts"] = .object(accounts)
            return config
        }

        /// The three accounts of what happened side by side: the ledger's, the providers' and the report's.
        private struct Verdict {
            let report: JSONValue
            let copy: DataCopy
            let records: [DataCopy.Record]
            let receipts: [Recipient: Int]
            let allowance: [String: Int]
            let kills: Int

            init(_ report: JSONValue, _ copy: DataCopy, _ receipts: [SentReceipt], _ allowance: [String: Int], kills: Int) throws {
                self.report = report
                self.copy = copy
                self.allowance = allowance
                self.kills = kills
                records = try copy.records()
                self.receipts = receipts.reduce(into: [:]) { $0[$1.recipient, default: 0] += 1 }
            }

            func check() throws {
                let taken: Set<String> = ["accepted", "delivered"]
                let atMostOnce: Set<String> = ["sms", "messenger"]
                print("kill -9, \(kills) times")
                print("channel     messages  in flight at kills  receipts  unknown  lost  duplicates")
                for (_, channel, count) in CrashTests.counts {
                    let name = channel.rawValue
                    let rows = records.filter { $0.recipient.channel == name }
                    let seen = receipts.filter { $0.key.channel == name }
                    let bound = allowance[name] ?? 0
                    let unknown = rows.count { $0.state == "unknown" }
                    let lost = rows.count { taken.contains($0.state) && seen[$0.recipient] == nil }
                    let duplicates = seen.values.reduce(0) { $0 + $1 - 1 }
                    print(Self.line([name, "\(rows.count)", "\(bound)", "\(seen.values.reduce(0, +))", "\(unknown)", "\(lost)", "\(duplicates)"]))

                    #expect(rows.count == count, "\(name): every frozen member has its row")
                    #expect(Set(rows.map(\.recipient)).count == count, "\(name): and only one")
                    #expect(lost == 0, "\(name): whoever is accepted has a receipt")
                    #expect(duplicates <= (atMostOnce.contains(name) ? 0 : bound), "\(name): duplicates")
                    #expect(unknown <= (atMostOnce.contains(name) ? bound : 0), "\(name): unknown")
                    // A row found in flight at three starts is given up; kills in a row can do that to a few.
                    let open: Set<String> = atMostOnce.contains(name) ? ["unknown"] : ["unknown", "dead"]
                    let others = Dictionary(grouping: rows.filter { !taken.contains($0.state) && !open.contains($0.state) }, by: \.state)
                        .mapValues(\.count)
                    #expect(others.isEmpty, "\(name): a campaign without refusals has no other ends")
                    let known = Set(rows.filter { taken.contains($0.state) || open.contains($0.state) }.map(\.recipient))
                    #expect(rows.count { $0.state == "dead" } <= bound, "\(name): given up")
                    #expect(seen.keys.allSatisfy(known.contains), "\(name): whoever has a receipt is accepted, unknown or given up")
                }
                let frozen = try copy.rowsAndMembers()
                #expect(frozen.runs == 1 && frozen.members == 0 && frozen.rows == frozen.audience)
                #expect(report["by_state"]?.counts.values.reduce(0, +) == frozen.audience, "the report's states sum to the audience")
                #expect(report["audience"]?.int == Int64(frozen.audience))
                #expect(try copy.integrity() == ["ok", "ok"])
            }

            private static func line(_ words: [String]) -> String {
                zip(words, [10, 10, 20, 10, 9, 6, 12]).enumerated().map { place, pair in
                    let padding = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
                    return place == 0 ? pair.0 + padding : padding + pair.0
                }.joined()
            }
        }
    }
}

/// SplitMix64: the same kills in every run, as far as the machine allows.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
