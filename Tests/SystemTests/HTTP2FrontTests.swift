import Core
import Testing

extension SystemTests {
    @Suite struct HTTP2FrontTests {
        private static let counts: [(account: String, channel: Channel, count: Int)] = [
            ("ios-main", .apns, 10_000), ("android-main", .fcm, 10_000),
        ]

        @Test func `20,000 messages through an HTTP/2 front that says GOAWAY all the time arrive once each`() throws {
            let folder = try TemporaryFolder()
            let sandbox = try SandboxProcess(in: folder)
            let front = try Rig("http2-front", ["--upstream", "127.0.0.1:\(sandbox.port)", "--requests-per-connection", "300"], in: folder)
            let server = try ServerProcess(Self.behind(front, sandbox.config()), port: sandbox.serverPort, in: folder)
            try server.start()
            let api = try server.api()
            try Audience.load(Self.counts, from: sandbox, into: api)
            let campaign = try api.launch(Audience.campaign([.apns, .fcm]))
            let report = try api.waitUntilFinished(campaign, seconds: 600)
            let lines = ChildProcess.text(of: front.ready["access_log"]?.string ?? "").split(separator: "\n").map { $0.split(separator: " ") }
            #expect(try server.stop() == .exit(0))
            try front.stop()
            try sandbox.stop()

            let total = Self.counts.map(\.count).reduce(0, +)
            #expect(report["by_state"]?.counts.filter { $0.value > 0 } == ["accepted": total])
            let receipts = try sandbox.receipts()
            #expect(receipts.count == total)
            #expect(Set(receipts.map(\.recipient)).count == total)
            let keys = receipts.filter { $0.recipient.channel == "apns" }.compactMap(\.key)
            #expect(keys.count == 10_000 && Set(keys).count == keys.count)
            // status, protocol, connection, path
            #expect(lines.allSatisfy { $0.count == 4 && $0[1] == "HTTP/2.0" })
            let connections = Set(lines.map { $0.count == 4 ? $0[2] : "" }).count
            print("\(lines.count) requests over \(connections) HTTP/2 connections")
            #expect(connections >= total / 300, "each connection ends with a GOAWAY after 300 requests")
            #expect(try DataCopy(of: server.dataFolder).integrity() == ["ok", "ok"])
        }

        private static func behind(_ front: Rig, _ config: JSONObject) -> JSONObject {
            var config = config
            var accounts = JSONObject()
            for (name, _, _) in counts {
                var account = config["accounts"]?[name]?.object ?? JSONObject()
                account["base_url"] = front.ready["url"]
                account["ca_file"] = front.ready["ca_file"]
                account["http_version"] = nil
                accounts[name] = .object(account)
            }
            config["accounts"] = .object(accounts)
            return config
        }
    }
}
