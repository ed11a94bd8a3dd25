import ArgumentParser

@main
struct Clairon: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clairon", abstract: "A self-hosted, multi-channel push campaign server.",
        subcommands: [DemoCommand.self, SandboxCommand.self])
}
