import ArgumentParser
import Core
import Linux
import Storage

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "API keys.", subcommands: [Create.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an API key and print it once. Works with the server running or stopped.")

        @OptionGroup var options: ConfigOptions

        @Option(help: "all, or scopes separated by commas.")
        var scopes = "all"

        @Option(help: "What the key is for, as `GET /v1/keys` shows it.")
        var name: String

        @Flag(help: "An app key: it may only register and opt out subscriptions and post events.")
        var app = false

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let (config, _) = try options.load()
            let request = try KeyRequest(name: name, app: app, scopes: scopes)
            let answer = try AdminSocket.ask(request.json, folder: config.dataFolder) ?? offline(request, config)
            if let error = answer["error"]?.string { throw Failed(error) }
            if json {
                print(answer.text)
            } else {
                print(answer["key"]?.string ?? "")
            }
        }

        private func offline(_ request: KeyRequest, _ config: Config) throws -> JSONValue {
            let store = try Store(folder: DataFolder(path: config.dataFolder), accounts: config.accounts.map(\.account), time: SystemTime())
            let answer = try request.create(in: store)
            try store.close()
            return answer
        }
    }
}
