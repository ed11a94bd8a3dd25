import Core
import Testing

extension SystemTests {
    @Suite struct CampaignWatchTests {
        @Test func `the command follows a campaign to its end, and says so when there is nothing to follow`() throws {
            let folder = try TemporaryFolder()
            let password = try folder.write("secret", to: "password")
            // Nobody listens there: the message is never sent, and the campaign is cancelled.
            let server = try ServerProcess(["accounts": ["sms-fr": [
                "channel": "sms", "provider": "kannel", "sender": "SHOP", "base_url": "http://127.0.0.1:9/", "username": "u",
                "password_file": .string(password),
            ]]], port: Clairon.freePort(), in: folder)
            func watch(_ id: String) throws -> (end: ChildProcess.End, output: String, errors: String) {
                try Clairon.run(["campaign", "watch", id, "--json", "--config", server.configPath], in: folder)
            }
            try server.start()
            let api = try server.api()
            let campaign: JSONValue = [
                "name": "a", "audience": ["all": true], "channels": ["sms"], "content": ["default_language": "fr", "fr": ["body": "Bonjour"]],
            ]
            let finished = try api.launch(campaign)
            let report = try api.waitUntilFinished(finished)
            let watched = try watch(finished)
            #expect(watched.end == .exit(0), "\(watched.errors)")
            #expect(try JSONValue(parsing: Array(watched.output.utf8)) == report)

            _ = try api.post("/v1/subscriptions", ["profile": "zoe", "channel": "sms", "account": "sms-fr", "address": "+33612345678", "opt_in": true])
            let cancelled = try api.launch(campaign)
            _ = try api.post("/v1/campaigns/\(cancelled)/cancel", [:])
            let other = try watch(cancelled)
            #expect(other.end == .exit(1) && other.output.contains(#""state":"cancelled""#), "\(other)")

            let unknown = try watch("cmp_999")
            #expect(unknown.end == .exit(1) && unknown.errors.contains("there is no campaign cmp_999"))
            #expect(try watch("seven").errors.contains("a campaign's id looks like cmp_3"))
            #expect(try server.stop() == .exit(0))
            let stopped = try watch(finished)
            #expect(stopped.end == .exit(1) && stopped.errors.contains("no server runs on"))
        }
    }
}
