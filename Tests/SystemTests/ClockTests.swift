import Core
import Glibc
import Testing

extension SystemTests {
    @Suite(.enabled(if: FakeClock.isPossible, "needs the Debian package faketime, and no sanitizer")) struct ClockTests {
        private static let counts: [(account: String, channel: Channel, count: Int)] = [
            ("ios-main", .apns, 240), ("android-main", .fcm, 240), ("web", .webpush, 240), ("page", .messenger, 240), ("sms-fr", .sms, 240),
        ]

        @Test func `a clock set back and forth by an hour under a send: it ends, everybody has it once, and the ledger adds up`() throws {
            let folder = try TemporaryFolder()
            let clock = try FakeClock(in: folder)
            let sandbox = try SandboxProcess(in: folder)
            let server = try ServerProcess(Self.slowed(sandbox.config()), port: sandbox.serverPort, in: folder, environment: clock.environment,
                                           within: clock.command)
            try server.spawn()
            let process = server.pid
            defer { clock.clean(after: process) }
            try server.waitUntilReady()
            let api = try server.api()
            try Audience.load(Self.counts, from: sandbox, into: api)
            let campaign = try api.launch(Audience.campaign(Self.counts.map(\.channel)))
            try Poll.until("the campaign's first messages") { try sandbox.taken().values.reduce(0, +) > 100 }

            var before = 0
            for offset in [-3_600, 3_600, 0] {
                try clock.set(seconds: offset)
                // Seconds are cut off, and the clocks are not read at the same moment.
                let jumps = [-1, 0, 1].map { "clock_jumped seconds=\(offset - before + $0)\n" }
                try Poll.until("the word of the jump") { jumps.contains(where: server.log.contains) }
                before = offset
                // SMS asks nobody for the time: it goes on.
                let taken = try sandbox.taken()["sms"] ?? 0
                #expect(taken < 240, "the campaign was over before the jump")
                try Poll.until("progress on this time") { try sandbox.taken()["sms"] ?? 0 >= min(taken + 20, 240) }
            }
            let report = try api.waitUntilFinished(campaign)

            let all = Self.counts.reduce(0) { $0 + $1.count }
            #expect(report["by_state"]?.counts.filter { $0.value > 0 && $0.key != "delivered" && $0.key != "accepted" } == [:], "\(report.text)")
            #expect(report["by_state"]?.counts.values.reduce(0, +) == all)
            let receipts = try sandbox.receipts()
            #expect(receipts.count == all && Set(receipts.map(\.recipient)).count == all)
            #expect(try server.stop() == .exit(0))
            try sandbox.stop()
            let copy = try DataCopy(of: server.dataFolder)
            let frozen = try copy.rowsAndMembers()
            #expect(frozen.runs == 1 && frozen.members == 0 && frozen.rows == all && frozen.audience == all)
            #expect(try copy.integrity() == ["ok", "ok"])
        }

        /// Rates at which the campaign outlives the jumps.
        private static func slowed(_ config: JSONObject) -> JSONObject {
            var config = config
            var accounts = config["accounts"]?.object ?? JSONObject()
            for (name, _, _) in counts {
                var account = accounts[name]?.object ?? JSONObject()
                account["rate"] = ["per_second": 30]
                accounts[name] = .object(account)
            }
            config["accounts"] = .object(accounts)
            return config
        }
    }
}
