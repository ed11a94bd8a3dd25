import ArgumentParser
import Core
import Glibc

struct CampaignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaign", abstract: "Campaigns of the running server.", subcommands: [Watch.self])

    struct Watch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow a campaign until it is over: with a bar on a terminal, else with a line when something has changed.",
            discussion: "Exit codes: 0 it finished, 1 it ended in another way or cannot be read, 78 wrong configuration.")

        @OptionGroup var options: ConfigOptions

        @Argument(help: "The campaign, such as cmp_3.")
        var id: String

        @Flag(help: "Print the report as a line of JSON whenever it has changed.")
        var json = false

        func run() throws {
            let (config, _) = try options.load()
            let screen = Screen(isSilent: json)
            let clock = ContinuousClock()
            let start = clock.now
            var progress = CampaignProgress()
            var last = JSONValue.null
            while true {
                let report = try AdminCommands.report(of: id, folder: config.dataFolder)
                let hasMoved = progress.take(report, at: clock.now - start)
                if json, report != last { Screen.write(report.text + "\n") }
                if hasMoved || screen.isTerminal { screen.bar(progress.share, "\(progress.state)  \(progress.text)") }
                last = report
                if progress.isOver { break }
                usleep(screen.isTerminal ? 250_000 : 1_000_000)
            }
            screen.endBar()
            for state in last["by_state"]?.object?.members ?? [] { screen.line("  \(DemoTexts.pad(state.name, 12))\(DemoTexts.padLeft(DemoTexts.number(Int(state.value.int ?? 0)), 11))") }
            guard progress.state == "finished" else { throw ExitCode.failure }
        }
    }
}
