import ArgumentParser
import Glibc

@main
struct Clairon: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clairon",
        abstract: "A self-hosted, multi-channel push campaign server.",
        discussion: "Exit codes: 0 done, 1 failed, 64 wrong arguments, 65 the audit log is not whole or a database is damaged, 70 the engine cannot go on, 78 wrong configuration.",
        version: Clairon.version,
        subcommands: [
            Serve.self, DemoCommand.self, SandboxCommand.self, Check.self, Migrate.self, CampaignCommand.self, Keys.self, Audit.self, VAPID.self,
        ])

    static let version = "0.1.0"

    static func main() {
        // A peer that closes while libcurl or OpenSSL writes must not end the process.
        signal(SIGPIPE, SIG_IGN)
        Self.main(nil)
    }
}
