import Core
import Foundation
import Glibc
import Testing

extension SystemTests {
    /// The built server and somebody's endpoint, which verifies with the reference library.
    @Suite struct WebhookTests {
        private static func config(_ base: JSONObject, _ receiver: Rig) -> JSONObject {
            var config = base
            config["webhooks"] = ["allow_private_endpoints": true, "ca_file": receiver.ready["ca_file"] ?? .null]
            return config
        }

        private static func webhook(_ events: [JSONValue], at receiver: Rig, _ api: API) throws -> (path: String, secret: String) {
            let url = (receiver.ready["url"]?.string ?? "") + "/hook?token=s3cr3t"
            let made = try api.post("/v1/webhooks", ["url": .string(url), "events": .array(events)])
            let secret = try #require(made["secret"]?.string)
            try receiver.write("secret \(secret)")
            return ("/v1/webhooks/\(made["id"]?.string ?? "")", secret)
        }

        private static func requests(_ receiver: Rig) -> [JSONValue] { receiver.lines.filter { $0["event"]?.string == "request" } }

        @Test func `a campaign's way is told with the numbers of its report, and no log line holds the URL`() throws {
            let folder = try TemporaryFolder()
            let receiver = try Rig("webhook-receiver", [], in: folder)
            let sandbox = try SandboxProcess(in: folder)
            let server = try ServerProcess(Self.config(sandbox.config(), receiver), port: sandbox.serverPort, in: folder)
            try server.start()
            let api = try server.api()
            let (path, secret) = try Self.webhook(["campaign.started", "campaign.finished"], at: receiver, api)
            try receiver.write("fail")
            let test = try #require(try api.post(path + "/test", [:])["id"]?.string)
            try Poll.until("the end of the test") { try api.get(path + "/deliveries?state=failed")["data"]?.array?.first?["id"]?.string == test }
            try receiver.write("take")
            try Audience.load([("ios-main", .apns, 30)], from: sandbox, into: api)
            let campaign = try api.launch(Audience.campaign([.apns]))
            let report = try api.waitUntilFinished(campaign)
            let told = try Poll.until("both events") { () -> [JSONValue]? in
                let told = Self.requests(receiver).filter { $0["mode"]?.string == "take" }
                return told.count >= 2 ? told : nil
            }
            #expect(told.allSatisfy { $0["verified"] == true && $0["payload"]?["data"]?["campaign"]?.string == campaign })
            #expect(Set(told.compactMap { $0["payload"]?["type"]?.string }) == ["campaign.started", "campaign.finished"])
            let finished = told.first { $0["payload"]?["type"] == "campaign.finished" }?["payload"]?["data"]
            #expect(finished?["audience"] == 30 && finished?["by_state"]?.counts == report["by_state"]?.counts.filter { $0.value > 0 })
            let delivered = try Poll.until("the record of the deliveries") { () throws -> [JSONValue]? in
                let list = try api.get(path + "/deliveries?state=delivered")["data"]?.array ?? []
                return list.count == 2 ? list : nil
            }
            #expect(Set(delivered.compactMap { $0["message"]?.string }) == Set(told.compactMap { $0["id"]?.string }))

            try api.post(path + "/deliveries/\(test)/replay", [:])
            try Poll.until("the replay") { Self.requests(receiver).contains { $0["mode"] == "take" && $0["payload"]?["type"] == "webhook.test" && $0["verified"] == true } }
            let metrics = try Poll.until("the figures") { () throws -> String? in
                let page = try server.http.send("GET", "/metrics").text
                return page.contains("\nclairon_webhook_pending_deliveries 0\n") ? page : nil
            }
            for line in [#"clairon_webhook_attempts_total{result="delivered"} 3"#, #"clairon_webhook_attempts_total{result="failed"} 1"#, "clairon_webhook_oldest_pending_seconds 0"] {
                #expect(metrics.contains("\n\(line)\n"), "\(line)")
            }
            #expect(try server.stop() == .exit(0))
            #expect(server.log.contains(" warning webhook_failing ") && !server.log.contains("s3cr3t") && !server.log.contains("localhost"), "\(server.log)")
            let key = try #require(Data(base64Encoded: String(secret.dropFirst("whsec_".count))))
            for name in try FileManager.default.contentsOfDirectory(atPath: server.dataFolder) {
                let file = try Data(contentsOf: URL(filePath: server.dataFolder + "/" + name))
                #expect(file.range(of: key) == nil && file.range(of: Data(secret.utf8)) == nil, "\(name) holds the secret")
            }
            try sandbox.stop()
            try receiver.stop()
        }

        @Test func `what became of messages is told once each, also by the process after a kill`() throws {
            let folder = try TemporaryFolder()
            let receiver = try Rig("webhook-receiver", [], in: folder)
            let gateway = try Gateway()
            let server = try ServerProcess(Self.config(["accounts": ["sms": gateway.account(perSecond: 200, folder)]], receiver), port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            _ = try Self.webhook(["message.accepted", "message.unknown", "message.skipped"], at: receiver, api)
            try api.importLines("profiles", (0..<40).map { ["external_id": .string("u\($0)")] })
            // The last has no address.
            try api.importLines("subscriptions", (0..<39).map {
                ["profile": .string("u\($0)"), "channel": "sms", "account": "sms", "address": .string("+336000\(10_000 + $0)"), "opt_in": true, "consent": ["source": "form"]]
            })
            let messages = try (0..<40).map { number -> String in
                let posted = try api.post("/v1/messages", ["profile": .string("u\(number)"), "channels": ["sms"], "content": ["default_language": "en", "en": ["body": "Code"]]],
                                          idempotencyKey: "m\(number)")
                if number == 20 {
                    try server.killHard()
                    try server.start()
                }
                return try #require(posted["id"]?.string)
            }
            let ends = try messages.map { id -> String in
                try Poll.until("the end of \(id)") { () -> String? in
                    let message = try api.get("/v1/messages/\(id)")
                    return message["state"] == "finished" ? message["deliveries"]?.array?.first?["state"]?.string : nil
                }
            }
            #expect(ends.last == "skipped" && ends.allSatisfy { ["accepted", "unknown", "skipped"].contains($0) })
            let told = try Poll.until("all events") { () -> [JSONValue]? in
                let told = Self.requests(receiver)
                return Set(told.compactMap { $0["payload"]?["data"]?["message"]?.string }).count == 40 ? told : nil
            }
            #expect(told.allSatisfy { $0["verified"] == true })
            // A repeat, if there is one, has the id of the first.
            let byID = Dictionary(grouping: told) { $0["id"]?.string ?? "" }
            #expect(byID.count == 40 && byID.values.allSatisfy { Set($0.map { $0["payload"]?.text }).count == 1 })
            for (number, id) in messages.enumerated() {
                let payload = told.first { $0["payload"]?["data"]?["message"]?.string == id }?["payload"]
                #expect(payload?["type"]?.string == "message.\(ends[number])" && payload?["data"]?["state"]?.string == ends[number] && payload?["data"]?["profile"]?.string == "u\(number)")
            }
            let all = told.map(\.text).joined()
            #expect(!all.contains("336000") && !all.contains("Code"), "no address and no text")
            #expect(try server.stop() == .exit(0))
            try receiver.stop()
        }

        @Test func `kill -9 between events and their delivery loses none, invents none, and keeps their ids`() throws {
            let folder = try TemporaryFolder()
            let receiver = try Rig("webhook-receiver", [], in: folder)
            let password = try folder.write("gateway", to: "password")
            let accounts: JSONObject = ["accounts": ["sms-fr": [
                "channel": "sms", "provider": "kannel", "sender": "SHOP", "username": "clairon", "password_file": .string(password),
            ]]]
            let server = try ServerProcess(Self.config(accounts, receiver), port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            let (path, _) = try Self.webhook(["subscription.opted_out"], at: receiver, api)
            let ids = try (0..<60).map { number -> String in
                let body: JSONValue = ["profile": .string("u\(number)"), "channel": "sms", "account": "sms-fr", "address": .string("+336000000\(number + 10)"), "opt_in": true,
                                       "consent": ["source": "form"]]
                return try #require(try api.post("/v1/subscriptions", body)["id"]?.string)
            }
            var random = Seeded(state: 4)
            // A third while nobody answers, a third while all is taken, a third while all is refused: killed somewhere after the last acknowledgement.
            for (round, mode) in ["hang", "take", "fail"].enumerated() {
                try receiver.write(mode)
                if round > 0 { try server.start() }
                let begun = Self.requests(receiver).count
                for id in ids[(round * 20)..<(round * 20 + 20)] { try api.post("/v1/subscriptions/\(id)/opt-out", ["source": "preferences"]) }
                try Poll.until("requests under way") { Self.requests(receiver).count >= begun + 4 }
                usleep(UInt32.random(in: 0...100_000, using: &random))
                try server.killHard()
            }
            try receiver.write("take")
            try server.start()
            // What was refused waits for its time: it is asked for now.
            let list = try api.get(path + "/deliveries?limit=1000")["data"]?.array ?? []
            #expect(list.count == 60)
            for delivery in list where delivery["state"] == "pending" { try api.post(path + "/deliveries/\(delivery["id"]?.string ?? "")/replay", [:]) }
            try Poll.until("all deliveries", seconds: 60) { try api.get(path + "/deliveries?state=delivered&limit=1000")["data"]?.array?.count == 60 }
            #expect(try server.stop() == .exit(0))

            let got = Self.requests(receiver)
            #expect(got.allSatisfy { $0["verified"] == true && $0["payload"]?["type"] == "subscription.opted_out" && $0["path"] == "/hook?token=s3cr3t" })
            let byPerson = Dictionary(grouping: got) { $0["payload"]?["data"]?["profile"]?.string ?? "" }
            #expect(Set(byPerson.keys) == Set((0..<60).map { "u\($0)" }))
            #expect(byPerson.values.allSatisfy { Set($0.map { $0["id"]?.string }).count == 1 }, "a repeat has the id of the first")
            #expect(Set(got.map { $0["id"]?.string }).count == 60)
            #expect(byPerson.values.allSatisfy { $0.contains { $0["mode"] == "take" } })
            #expect(got.contains { $0["mode"] == "hang" } && got.contains { $0["mode"] == "fail" })
            try receiver.stop()
        }
    }
}
