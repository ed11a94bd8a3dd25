import Core
import Glibc
import Testing

extension SystemTests {
    /// Names of strangers that lead into the operator's own network, with a real resolver, in a network of its own.
    @Suite struct RebindingTests {
        private static let canBeAlone = access("/usr/bin/nsenter", X_OK) == 0
            && ((try? ChildProcess.run(["/usr/bin/unshare", "--net", "--mount", "/bin/true"], in: TemporaryFolder()))?.end == .exit(0))

        @Test(.enabled(if: canBeAlone, "needs the right to unshare(2) a network: root"))
        func `a name that turns to a private address, or a redirect there, is never followed`() throws {
            let folder = try TemporaryFolder()
            let rig = try Rig("rebinding-rig", [], in: folder)
            let vapid = folder.path + "/vapid.pem"
            _ = try Clairon.run(["vapid", "generate", "--out", vapid], in: folder)
            let config: JSONObject = ["accounts": ["web": [
                "channel": "webpush", "subject": "mailto:ops@example.com", "vapid_key_file": .string(vapid), "http_version": "1.1",
                "ca_file": rig.ready["ca_file"] ?? .null,
            ]]]
            // The server sends from the network of the rig and listens in ours.
            let socket = try ListeningSocket()
            let pid = try #require(rig.ready["pid"]?.int)
            let server = try ServerProcess(config, port: socket.port, in: folder, socket: socket.rawValue,
                                           within: ["/usr/bin/nsenter", "--target", "\(pid)", "--net", "--mount"])
            try server.start()
            let api = try server.api()
            for (person, endpoint) in [
                ("turn", "https://turn.example.com/a"), ("mixed", "https://mixed.example.com/a"),
                ("loopback", "https://redirect.example.com/to/127.0.0.1"), ("metadata", "https://redirect.example.com/to/169.254.169.254"),
            ] {
                try api.importLines("profiles", [["external_id": .string(person), "language": "fr", "tags": [.string(person)]]])
                try api.post("/v1/subscriptions", [
                    "profile": .string(person), "channel": "webpush", "account": "web", "opt_in": true, "consent": ["source": "form"],
                    "address": ["endpoint": .string(endpoint), "keys": ["p256dh": rig.ready["p256dh"] ?? .null, "auth": rig.ready["auth"] ?? .null]],
                ])
            }
            func launch(_ person: String) throws -> String {
                try api.launch([
                    "name": .string(person), "audience": ["tag": .string(person)], "channels": ["webpush"],
                    "content": ["default_language": "fr", "fr": ["title": "Bonjour", "body": "C'est parti"]],
                ])
            }
            func row(_ campaign: String) throws -> JSONValue { try api.deliveries(campaign).first ?? .null }
            func refusal(of campaign: String) throws -> JSONValue {
                try Poll.until("the refusal of an address") {
                    let row = try row(campaign)
                    return row["detail"]?.string == "address_not_allowed" ? row : Optional.none
                }
            }

            let first = try launch("turn")
            #expect(try api.waitUntilFinished(first)["by_state"]?.counts.filter { $0.value > 0 } == ["accepted": 1])
            #expect(rig.lines.contains { $0["event"]?.string == "push" && $0["host"]?.string == "turn.example.com" })
            let mixed = try launch("mixed")
            #expect(try refusal(of: mixed)["state"]?.string != "accepted")
            for (person, host) in [("loopback", "127.0.0.1"), ("metadata", "169.254.169.254")] {
                let campaign = try launch(person)
                #expect(try api.waitUntilFinished(campaign)["by_state"]?.counts.filter { $0.value > 0 } == ["rejected": 1])
                let detail = try row(campaign)["detail"]?.string
                #expect(detail == "307")
                #expect(rig.lines.contains { $0["event"]?.string == "push" && $0["path"]?.string == "/to/\(host)" })
            }

            try rig.write("turn")
            // libcurl keeps what it has looked up for half a minute: until then messages go where the name led before.
            let turned = try Poll.until("a lookup after the turn", seconds: 60) { () throws -> String? in
                let campaign = try launch("turn")
                try Poll.until("the attempt") { try row(campaign)["detail"] ?? .null != .null || row(campaign)["state"]?.string == "accepted" }
                return rig.lines.contains { Self.asks($0, "turn.example.com", leadingTo: "127.0.0.1") } ? campaign : nil
            }
            #expect(try refusal(of: turned)["state"]?.string != "accepted")
            #expect(rig.lines.contains { Self.asks($0, "mixed.example.com", leadingTo: "169.254.169.254") })
            #expect(rig.lines.filter { $0["event"]?.string == "canary" } == [], "nobody was there")
            #expect(try server.stop() == .exit(0))
            try rig.stop()
        }

        @Test(.enabled(if: canBeAlone, "needs the right to unshare(2) a network: root"))
        func `a webhook is never called on a private address, whatever its name leads to`() throws {
            let folder = try TemporaryFolder()
            let rig = try Rig("rebinding-rig", [], in: folder)
            let socket = try ListeningSocket()
            let pid = try #require(rig.ready["pid"]?.int)
            let server = try ServerProcess(["webhooks": ["ca_file": rig.ready["ca_file"] ?? .null]], port: socket.port, in: folder, socket: socket.rawValue,
                                           within: ["/usr/bin/nsenter", "--target", "\(pid)", "--net", "--mount"])
            try server.start()
            let api = try server.api()
            func webhook(_ url: String) throws -> String {
                try "/v1/webhooks/" + (api.post("/v1/webhooks", ["url": .string(url), "events": ["campaign.finished"]])["id"]?.string ?? "")
            }
            func test(_ path: String) throws -> JSONValue {
                let id = try api.post(path + "/test", [:])["id"]
                return try Poll.until("the end of a test") { try api.get(path + "/deliveries")["data"]?.array?.first { $0["id"] == id && $0["state"] != "pending" } }
            }
            let turning = try webhook("https://turn.example.com/hook")
            #expect(try test(turning)["response_status"] == 201)
            #expect(try test(webhook("https://mixed.example.com/hook"))["response_status"] == .null)
            #expect(try test(webhook("https://redirect.example.com/to/127.0.0.1"))["response_status"] == 307)
            try rig.write("turn")
            // libcurl keeps what it has looked up for half a minute: until then it goes where the name led before.
            let refused = try Poll.until("a lookup after the turn", seconds: 60) { () throws -> JSONValue? in
                let ended = try test(turning)
                return ended["state"] == "failed" ? ended : Optional.none
            }
            #expect(refused["error"] == "The address is not allowed")
            #expect(rig.lines.filter { $0["event"]?.string == "canary" } == [], "nobody was there")
            #expect(try server.stop() == .exit(0))
            try rig.stop()
        }

        private static func asks(_ line: JSONValue, _ name: String, leadingTo address: String) -> Bool {
            line["event"]?.string == "query" && line["name"]?.string == name && line["answers"]?.array?.contains(.string(address)) == true
        }
    }
}
