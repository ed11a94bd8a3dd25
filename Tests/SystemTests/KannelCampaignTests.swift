import Core
import Testing

extension SystemTests {
    @Suite struct KannelCampaignTests {
        private static let token = "from-the-gateway"
        private static let number = "+33612345678"
        private static let text = "Ça y est, Zoé : -50 € à l'été dès 8h 🎉 STOP au 36111"

        @Test func `a campaign passes a real SMS gateway, its report comes back, and STOP is heeded by the next`() throws {
            let folder = try TemporaryFolder()
            let port = try Clairon.freePort()
            let hook = "http://127.0.0.1:\(port)/hooks/sms-fr?token=\(Self.token)&from=%p&to=%P&text=%a&coding=%c&charset=%C&id=%I&at=%T"
            let gateway = try Rig("kannel-test-rig", ["--mo-url", hook], in: folder)
            let server = try ServerProcess(Self.config(gateway, folder), port: port, in: folder)
            try server.start()
            let api = try server.api()
            try api.importLines("profiles", [["external_id": "zoe", "language": "fr", "attributes": ["first_name": "Zoé"]]])
            let subscription = try #require(try api.post("/v1/subscriptions", [
                "profile": "zoe", "channel": "sms", "account": "sms-fr", "address": .string(Self.number), "opt_in": true,
                "consent": ["source": "form"],
            ])["id"]?.string)

            let first = try api.launch(Self.campaign)
            let parts = try Poll.until("the message at the operator") { () -> [JSONValue]? in
                let received = gateway.lines.filter { $0["event"]?.string == "received" }
                return Self.joined(received).hasSuffix("36111") ? received : nil
            }
            #expect(Self.joined(parts) == Self.text)
            #expect(parts.allSatisfy { $0["to"]?.string == Self.number && $0["from"]?.string == "SHOP" })
            try Poll.until("the delivery report in the ledger") {
                try api.deliveries(first).map { $0["state"]?.string } == ["delivered"]
            }

            try gateway.write("33612345678 36111 text STOP")
            try Poll.until("the opt-out") { try api.get("/v1/subscriptions/\(subscription)")["opt_in"]?.bool == false }
            let history = try api.get("/v1/profiles/zoe/consents")["data"]?.array ?? []
            #expect(history.map { $0["state"]?.string } == ["withdrawn", "granted"])
            #expect(history.first?.text.contains("STOP") == true, "the history proves it by the keyword: \(history.first?.text ?? "")")

            let second = try api.launch(Self.campaign)
            let report = try api.waitUntilFinished(second)
            #expect(report["by_reason"]?.counts == ["no_consent": 1])
            #expect(gateway.lines.count { $0["event"]?.string == "received" } == parts.count, "nothing more has left")
            #expect(try server.stop() == .exit(0))
            try gateway.stop()
        }

        private static let campaign: JSONValue = [
            "name": "Été", "audience": ["attribute": "first_name", "op": "is_set"], "channels": ["sms"],
            "content": ["default_language": "fr", "fr": ["body": .string(text.replacing("Zoé", with: "{{ profile.first_name }}"))]],
        ]

        private static func config(_ gateway: Rig, _ folder: TemporaryFolder) throws -> JSONObject {
            let password = try folder.write(gateway.ready["password"]?.string ?? "", to: "password")
            let inbound = try folder.write(token, to: "inbound")
            return ["accounts": ["sms-fr": [
                "channel": "sms", "provider": "kannel", "sender": "SHOP", "base_url": gateway.ready["sendsms_url"] ?? .null,
                "username": gateway.ready["username"] ?? .null, "password_file": .string(password), "inbound_token_file": .string(inbound),
            ]]]
        }

        /// What the telephone shows. Parts with a header are joined; the coding is UTF-16 because of the emoji.
        private static func joined(_ parts: [JSONValue]) -> String {
            var bytes: [UInt8] = []
            for part in parts {
                let digits = Array((part["data"]?.string ?? "").utf8)
                bytes += stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) }
            }
            let units = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
            return String(decoding: units, as: UTF16.self)
        }
    }
}
