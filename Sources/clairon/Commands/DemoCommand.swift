import ArgumentParser
import Core
import Linux

struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run one campaign over every channel against simulated providers, and prove its ledger.",
        discussion: """
            Exits with 0 when the ledger, the report and the providers' receipts agree for every person, else with 1. \
            Needs no network and leaves nothing behind.
            """)

    @Option(help: "How many customers the sample shop has.")
    var profiles = 10_000

    @Option(help: "The same seed gives the same people and the same troubles.")
    var seed: UInt64 = 7

    @Flag(help: "End after the proof instead of going on serving.")
    var exit = false

    @Flag(help: "Print the result as JSON and nothing else; implies --exit.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(profiles) else { throw ValidationError("--profiles must be 1 to 1000000") }
    }

    func run() throws {
        let screen = Screen(isSilent: json)
        let folder = try SandboxFolder.temporary()
        let gate = try InterruptGate {
            screen.endBar()
            folder.remove()
        }
        let outcome = Lock<Result<Bool, any Error>>(.success(false))
        let command = self
        blocking {
            do {
                let agrees = try await command.show(on: screen, in: folder, until: gate)
                outcome.withLock { $0 = .success(agrees) }
            } catch {
                folder.remove()
                let failure = Failed("\(error)")
                outcome.withLock { $0 = .failure(failure) }
            }
        }
        guard try outcome.withLock({ $0 }).get() else { throw ExitCode(1) }
    }

    /// - Returns: whether everything agrees; the folder is left for a look when it does not.
    private func show(on screen: Screen, in folder: SandboxFolder, until gate: InterruptGate) async throws -> Bool {
        let clock = ContinuousClock()
        let begin = clock.now
        let stage = try await Demonstration(people: profiles, seed: seed, screen: screen, start: DemoServer.start).run(in: folder)
        let findings = stage.result.findings
        if json { Screen.write(DemoCommand.json(stage, clock.now - begin).text + "\n") }
        screen.line()
        for difference in findings.differences.prefix(10) { screen.line("  " + difference) }
        screen.line(findings.agrees ? DemoTexts.accounted(findings) : DemoTexts.disagrees(findings.differences.count, folder: folder.path))
        screen.line(DemoTexts.took(clock.now - begin))
        if !exit, !json, findings.agrees {
            screen.line()
            DemoCommand.suggestions(stage).forEach { screen.line($0) }
            await gate.wait()
            screen.line(DemoTexts.stopping)
        }
        await stage.close()
        if findings.agrees { folder.remove() }
        return findings.agrees
    }

    /// Names somebody who got one message and missed another.
    private static func suggestions(_ stage: Demonstration.Stage) -> [String] {
        let people = stage.audience.people
        let mixed = people.dropFirst(100).first { person in
            let outcomes = person.expectations.map(\.outcome)
            return outcomes.contains(.taken) && outcomes.contains { $0 != .taken }
        }
        let person = (mixed ?? people.first { $0.isInvited } ?? people[0]).externalID
        return DemoTexts.suggestions(
            server: stage.url, key: stage.server.key, campaign: stage.result.campaign, person: person, walkIn: stage.result.walkIn)
    }

    private static func json(_ stage: Demonstration.Stage, _ time: Duration) -> JSONValue {
        let findings = stage.result.findings
        return [
            "agrees": .bool(findings.agrees), "people": JSONValue(findings.people), "invited": JSONValue(findings.invited),
            "rows": JSONValue(findings.rows), "taken": JSONValue(findings.taken), "unknown": JSONValue(findings.unknown),
            "receipts": JSONValue(findings.receipts), "cut_connections": JSONValue(findings.cuts),
            "differences": .array(findings.differences.map { .string($0) }), "seconds": .double(Double(time.milliseconds) / 1_000),
            "report": stage.result.report,
        ]
    }
}
