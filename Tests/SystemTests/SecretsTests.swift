import Core
import FoundationEssentials
import Testing

extension SystemTests {
    @Suite struct SecretsTests {
        private static let counts: [(account: String, channel: Channel, count: Int)] = [
            ("ios-main", .apns, 20), ("android-main", .fcm, 20), ("web", .webpush, 20), ("page", .messenger, 20), ("sms-fr", .sms, 20),
        ]

        @Test func `no key, address, token, number or text of a message gets into the log`() throws {
            let folder = try TemporaryFolder()
            let sandbox = try SandboxProcess(in: folder)
            let config = try sandbox.config()
            let server = try ServerProcess(config, port: sandbox.serverPort, in: folder)
            try server.start()
            let api = try server.api()
            try Audience.load(Self.counts, from: sandbox, into: api)
            // Every way in which sending goes wrong has words of its own.
            for fault in [#"{"kind":"gone","times":5}"#, #"{"kind":"throttled","times":5}"#, #"{"kind":"cut_after_reading","times":5}"#,
                          #"{"kind":"internal_error","times":5}"#, #"{"kind":"answer","name":"InvalidProviderToken","channel":"apns","times":1}"#] {
                #expect(try sandbox.http.send("POST", "/sandbox/faults", body: Array(fault.utf8)).status == 204, "\(fault)")
            }
            let campaign = try api.launch(Audience.campaign(Self.counts.map(\.channel)))
            try Poll.until("most of the messages") { try sandbox.receipts().count >= 60 }
            _ = try? api.report(campaign)
            // A request that is refused for what it holds, and calls that nobody signed.
            _ = try server.http.send("POST", "/v1/subscriptions", headers: [("Authorization", "Bearer clr_marker_of_a_stranger")], body: Array("{\"address\":\"marker-in-body\"}".utf8))
            _ = try server.http.send("GET", "/hooks/sms-fr?token=marker-in-query&from=%2B33600009999&text=marker-in-text")
            _ = try server.http.send("POST", "/hooks/page", headers: [("X-Hub-Signature-256", "sha256=marker-in-header")], body: Array("{\"marker\":1}".utf8))
            #expect(try server.stop() == .exit(0))

            let log = server.log
            #expect(log.contains("campaign_started"))
            var markers = ["marker", api.key, "Zoé", "C'est parti", "PRIVATE KEY", "Bearer ", "bearer eyJ", "ya29.", "+33600009999"]
            for (_, channel, count) in Self.counts {
                let addresses = try sandbox.addresses(channel, count: count)
                markers += addresses.compactMap(\.string) + addresses.compactMap { $0["endpoint"]?.string } + addresses.compactMap { $0["keys"]?["auth"]?.string }
            }
            markers += try Self.secrets(in: folder.path + "/place/credentials")
            for marker in markers { #expect(!log.contains(marker), "the log holds \(marker.prefix(40))") }
            try sandbox.stop()
        }

        /// Every line of every credential that is long enough to be one.
        private static func secrets(in folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder).flatMap { name in
                ChildProcess.text(of: folder + "/" + name).split { $0 == "\n" || $0 == "\"" }.map(String.init)
                    .filter { $0.utf8.count >= 20 && !$0.hasPrefix("http") && !$0.hasPrefix("-----") }
            }
        }
    }
}
