import Core
import Foundation
import Testing
import Webhooks

/// The signatures before the reference library, which was written by others, and before the function that the manual shows.
@Suite struct StandardWebhooksJudgeTests {
    private struct Message {
        var secret: String
        var id: String
        var timestamp: String
        var signature: String
        var body: String

        var json: JSONValue {
            ["secret": .string(secret), "id": .string(id), "timestamp": .string(timestamp), "signature": .string(signature), "body": .string(body)]
        }
    }

    private static let bodies = [
        "{}", #"{"type":"campaign.finished","data":{"name":"Ventes privées"}}"#, #"{"a":"\n\t\\\"é🎉"}"#, #"{"a":""# + String(repeating: "9", count: 5_000) + #""}"#,
    ]

    @Test func `the reference library takes what we sign and nothing that was changed`() throws {
        let now = Int64(Date().timeIntervalSince1970)
        func secret(_ number: Int) -> WebhookSecret {
            WebhookSecret(of: WebhookID(rawValue: Int64(number)), salt: [UInt8](repeating: UInt8(number), count: 16), installation: Array(0..<32))
        }
        var messages: [(message: Message, isSound: Bool)] = []
        for (number, body) in Self.bodies.enumerated() {
            let id = "msg_\(number)"
            func signature(_ secret: WebhookSecret, at seconds: Int64 = now) -> String { secret.signature(of: id, at: seconds, Array(body.utf8)) }
            let sound = Message(secret: secret(number).text, id: id, timestamp: "\(now)", signature: signature(secret(number)), body: body)
            messages.append((sound, true))
            // While a secret is changed: whoever has either of them is served.
            let both = signature(secret(number + 100)) + " " + signature(secret(number))
            for text in [secret(number).text, secret(number + 100).text] {
                messages.append((Message(secret: text, id: id, timestamp: "\(now)", signature: both, body: body), true))
            }
            let changes: [(inout Message) -> Void] = [
                { $0.secret = secret(number + 1).text }, { $0.id += "0" }, { $0.timestamp = "\(now - 1)" }, { $0.body += " " },
                { $0.signature = signature(secret(number), at: now + 1) },
                { ($0.timestamp, $0.signature) = ("\(now - 600)", signature(secret(number), at: now - 600)) },
            ]
            for change in changes {
                var changed = sound
                change(&changed)
                messages.append((changed, false))
            }
        }
        let verdicts = try Self.judge(messages.map(\.message.json))
        #expect(verdicts == messages.map { "\($0.isSound)" })
    }

    private static func judge(_ cases: [JSONValue]) throws -> [String] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
        let process = Process()
        process.executableURL = tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/judges/bin/python")
        process.arguments = [tests.appending(path: "Judges/standard_webhooks_judge.py").path]
        let input = FileManager.default.temporaryDirectory.appending(path: "clairon-webhooks-\(UUID().uuidString)")
        try Data(cases.map { $0.text + "\n" }.joined().utf8).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
