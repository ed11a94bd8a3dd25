import API
import ArgumentParser
import Core

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The audit log.", subcommands: [Verify.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read the whole audit log and tell whether a row was changed, deleted or put in. Works with the server running or stopped.",
            discussion: "Exit codes: 0 the log is whole, 65 it is not, 1 it could not be read, 78 wrong configuration. Keep the end that is printed elsewhere: --end compares with it later.")

        @OptionGroup var options: ConfigOptions

        @Option(help: "An end that was printed earlier, as ROW:HASH: the log must still hold it.")
        var end: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let answer = try AdminCommands.ask(["command": "verify_audit", "end": JSONValue(end)], options)
            let finding = answer["finding"]?.string
            if json {
                print(answer.text)
            } else if let finding {
                print("the audit log is not whole: \(finding)")
            } else {
                print("the audit log is whole: \(answer["rows"]?.int ?? 0) rows, end \(answer["end"]?.string ?? "")")
            }
            if finding != nil { throw ExitCode(65) }
        }
    }
}
