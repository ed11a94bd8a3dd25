import ArgumentParser
import Core
import Glibc
import HTTPServer
import Linux
import Sandbox

struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "Simulate every provider on one port, for development and tests.",
        discussion: """
            Writes credentials that the simulated providers know, and a config.json that uses them, into a folder. The port \
            shows what arrived under /sandbox/summary and /sandbox/receipts, and takes failures to show at POST /sandbox/faults. \
            Loopback only.
            """)

    @Option(help: "The port to listen on; 0 lets the system pick one.")
    var port = 8090

    @Option(help: "Where to write config.json and credentials/; made when it is not there, written anew when it is.")
    var folder: String

    @Option(help: "Where the server will listen: goes into config.json, and callbacks go there.")
    var server = "127.0.0.1:8080"

    @Option(help: "The same seed gives the same addresses and credentials.")
    var seed: UInt64 = 7

    @Option(help: "A file to which every receipt is appended before it is answered, one JSON object a line.")
    var receipts: String?

    @Option(help: "How many APNs provider tokens pass in 20 minutes; each start of a server makes one.")
    var providerTokens = 16

    @Flag(help: "Print port and paths as JSON.")
    var json = false

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
        guard providerTokens > 0 else { throw ValidationError("--provider-tokens must be positive") }
        guard ListenAddress(server) != nil else { throw ValidationError("--server must be host:port, such as 127.0.0.1:8080") }
    }

    func run() throws {
        // Before any other thread exists (`SignalFD`).
        let signals = try SignalFD([SIGINT, SIGTERM])
        var settings = SandboxSettings()
        settings.callbackAddress = server
        settings.messenger.callbackURL = "http://\(server)/hooks/page"
        settings.receiptFile = receipts
        settings.apns.freshProviderTokens = providerTokens
        let world = try SandboxWorld.generate(seed: seed)
        let sandbox: Sandbox
        let origin: String
        let place: SandboxFolder
        do {
            place = try SandboxFolder(at: folder)
            sandbox = try Sandbox(world: world, settings: settings)
            var configuration = ServerConfiguration()
            configuration.port = port
            origin = "http://127.0.0.1:\(try sandbox.start(configuration))"
            try place.write(world, settings: settings, origin: origin, listen: server)
        } catch {
            throw Failed("\(error)")
        }
        let words: JSONValue = ["origin": .string(origin), "config": .string(place.configPath), "folder": .string(place.path)]
        Screen.write((json ? words.text : DemoTexts.sandbox(origin: origin, folder: place.path, server: server)) + "\n")
        _ = try signals.wait()
        blocking { await sandbox.stop() }
    }
}
