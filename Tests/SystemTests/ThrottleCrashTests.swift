import Core
import Glibc
import Testing

extension SystemTests {
    @Suite struct ThrottleCrashTests {
        private static let people = 400
        private static let wait: Int64 = 8

        @Test func `after kill -9 in the middle of a throttle nothing leaves before the time that the provider gave`() throws {
            let folder = try TemporaryFolder()
            let sandbox = try SandboxProcess(in: folder)
            var config = try sandbox.config()
            var accounts = config["accounts"]?.object ?? JSONObject()
            var account = accounts["android-main"]?.object ?? JSONObject()
            account["rate"] = ["per_second": 60]
            account["ramp"] = "PT0S"
            accounts["android-main"] = .object(account)
            config["accounts"] = .object(accounts)
            let server = try ServerProcess(config, port: sandbox.serverPort, in: folder)
            try server.start()
            let api = try server.api()
            try Audience.load([("android-main", .fcm, Self.people)], from: sandbox, into: api)
            let campaign = try api.launch(Audience.campaign([.fcm]))
            try Poll.until("the campaign's first messages") { try sandbox.receipts().count > 50 }

            // One answer, of many that are on their way.
            try sandbox.show(["kind": "throttled", "retry_after": .int(Self.wait), "channel": "fcm", "times": 1])
            try Poll.until("the server's word of the throttle") { try api.get("/v1/accounts/android-main")["waits_until"]?.string != nil }
            // What the engine had to write was asked for before, so it is there when this is.
            try api.importLines("profiles", [["external_id": "witness"]])
            try server.killHard()
            let before = try sandbox.requests()
            let told = try #require(before.first { $0.status == 429 })
            #expect(before.count < Self.people, "the campaign was over before the throttle")
            try server.start()
            let after = try api.get("/v1/accounts/android-main")
            #expect(after["waits_until"]?.string != nil, "\(after.text)")
            let report = try api.waitUntilFinished(campaign)

            let late = try sandbox.requests().dropFirst(before.count)
            #expect(late.count >= Self.people - before.count)
            #expect(late.allSatisfy { $0.at >= told.at + Self.wait * 1_000 }, "the first came \((late.map(\.at).min() ?? 0) - told.at) ms after the answer")
            #expect(report["by_state"]?.counts.filter { $0.value > 0 } == ["accepted": Self.people], "\(report.text)")
            #expect(try Set(sandbox.receipts().map(\.recipient)).count == Self.people)
            #expect(try server.stop() == .exit(0))
            try sandbox.stop()
        }
    }
}
