import Core
import HTTPServer
import Sandbox

/// The stage of the demonstration: simulated providers, a configuration and a server, all in this process and one
/// temporary folder, taken down at the end.
struct Demonstration: Sendable {
    let people: Int
    let seed: UInt64
    let screen: Screen
    let start: DemoServer.Start

    /// What is left to look at after the run; `close` takes it down.
    struct Stage: Sendable {
        let folder: SandboxFolder
        let sandbox: Sandbox
        let server: DemoServer
        let url: String
        let audience: DemoAudience
        let result: DemoRun.Result

        func close() async {
            await server.stop()
            await sandbox.stop()
        }
    }

    /// - Parameter folder: where everything is kept; the caller's to remove.
    func run(in folder: SandboxFolder) async throws -> Stage {
        let audience = DemoAudience(people: people, seed: seed)
        let listen = "127.0.0.1:\(try FreePort.find())"
        var settings = SandboxSettings()
        settings.callbackAddress = listen
        settings.messenger.callbackURL = "http://\(listen)/hooks/page"
        let world = try SandboxWorld.generate(seed: seed)
        let sandbox = try Sandbox(world: world, settings: settings)
        let origin = "http://127.0.0.1:\(try sandbox.start())"
        try folder.write(world, settings: settings, origin: origin, listen: listen)
        let server = try await start(folder.configPath)
        let url = "http://" + listen
        screen.line(DemoTexts.title(people: audience.people.count, addresses: audience.addressCount, seed: seed))
        screen.line(DemoTexts.places(server: url, sandbox: origin))
        let requests = DemoRequests(book: world.book, origin: origin, now: sandbox.now)
        let run = try DemoRun(audience, sandbox: sandbox, requests: requests, server: url, key: server.key, screen: screen)
        do {
            let result = try await run.run()
            return Stage(folder: folder, sandbox: sandbox, server: server, url: url, audience: audience, result: result)
        } catch {
            await server.stop()
            await sandbox.stop()
            throw error
        }
    }
}
