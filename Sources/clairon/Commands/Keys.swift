import API
import ArgumentParser
import Core
import Storage

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "API keys. Works with the server running or stopped.", subcommands: [Create.self, List.self, Rotate.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an API key and print it once.")

        @OptionGroup var options: ConfigOptions

        @Option(help: "all, or scopes separated by commas.")
        var scopes = "all"

        @Option(help: "What the key is for, as `GET /v1/keys` shows it.")
        var name: String

        @Flag(help: "An app key: it may only register and opt out subscriptions and post events.")
        var app = false

        @Option(help: "When it ends, from now, such as P90D. (default: never)")
        var expiresIn: String?

        @Option(help: "Requests a second it may make. (default: limits.requests_per_second)")
        var perSecond: Int64?

        @Flag(help: "Print JSON; for an app key it has the identity secret too.")
        var json = false

        func run() throws {
            if let perSecond, !KeyRate.range.contains(perSecond) {
                throw Failed("--per-second: must be between \(KeyRate.range.lowerBound) and \(KeyRate.range.upperBound)")
            }
            let lifetime = try expiresIn.map { try Keys.duration($0, "--expires-in") }
            let request = try KeyRequest(name: name, app: app, scopes: scopes, lifetime: lifetime, rate: perSecond.map { KeyRate(perSecond: $0) })
            let answer = try AdminCommands.ask(request.json, options)
            print(json ? answer.text : answer["key"]?.string ?? "")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all keys, newest first, without their text.")

        @OptionGroup var options: ConfigOptions

        @Flag(help: "Print JSON, one key a line.")
        var json = false

        func run() throws {
            var before = JSONValue.null
            repeat {
                let page = try AdminCommands.ask(["command": "list_keys", "before": before], options)
                for key in page["data"]?.array ?? [] { print(json ? key.text : List.line(key)) }
                before = page["next"] ?? .null
            } while before != .null
        }

        private static func line(_ key: JSONValue) -> String {
            let word = { (name: String) in key[name]?.string }
            let state = word("revoked_at").map { "revoked \($0)" } ?? word("expires_at").map { "until \($0)" } ?? "no end"
            let scopes = (key["scopes"]?.array ?? []).compactMap(\.string).joined(separator: ",")
            let used = word("last_used_at").map { "used \($0)" } ?? "never used"
            // A name is the operator's own text: nothing in it may move the cursor of a terminal.
            let name = String(String.UnicodeScalarView((word("name") ?? "").unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
            return [word("id") ?? "", word("kind") ?? "", state, used, scopes.isEmpty ? "-" : scopes, name].joined(separator: "  ")
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a key another secret and print it once; the former one works on for a while.")

        @OptionGroup var options: ConfigOptions

        @Argument(help: "The key, such as key_3.")
        var id: String

        @Option(help: "How long the former secret works on, such as PT1H; 0 ends it at once.")
        var grace = KeyToken.defaultGrace.iso8601

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let grace = try self.grace == "0" ? Duration.zero : Keys.duration(self.grace, "--grace")
            guard grace <= KeyToken.maxGrace else { throw Failed("--grace: must be at most \(KeyToken.maxGrace.iso8601)") }
            let answer = try AdminCommands.ask(["command": "rotate_key", "id": .string(id), "grace_seconds": .int(grace.components.seconds)], options)
            print(json ? answer.text : answer["key"]?.string ?? "")
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a key at once and for good.")

        @OptionGroup var options: ConfigOptions

        @Argument(help: "The key, such as key_3.")
        var id: String

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let answer = try AdminCommands.ask(["command": "revoke_key", "id": .string(id)], options)
            print(json ? answer.text : "\(id) revoked")
        }
    }

    private static func duration(_ text: String, _ option: String) throws -> Duration {
        guard let duration = Duration(iso8601: text) else { throw Failed("\(option): must be an ISO 8601 duration such as P90D or PT1H (got \(text))") }
        return duration
    }
}
