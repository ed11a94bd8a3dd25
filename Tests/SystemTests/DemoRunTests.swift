import Core
import Sandbox
import Testing

@testable import clairon

@Suite struct DemoRunTests {
    @Test func `runs a campaign over every channel and accounts for everybody`() async throws {
        let folder = try SandboxFolder.temporary()
        defer { folder.remove() }
        let demonstration = Demonstration(people: 150, seed: 5, screen: Screen(isSilent: true), start: DemoServer.start)
        let stage = try await demonstration.run(in: folder)
        await stage.close()
        #expect(stage.result.findings.differences == [])
        #expect(stage.result.findings.people == 150)
        #expect(stage.result.findings.taken > 100)
        #expect(stage.result.report["state"] == "finished")
    }

    @Test func `writes a configuration that a server can load`() throws {
        let folder = try SandboxFolder.temporary()
        defer { folder.remove() }
        try folder.write(SandboxWorld.generate(seed: 1), settings: SandboxSettings(), origin: "http://127.0.0.1:9", listen: "127.0.0.1:8081")
        let (config, _) = try Config.load(from: folder.configPath)
        #expect(config.listen == ListenAddress("127.0.0.1:8081") && config.dataFolder == folder.path + "/data")
        #expect(Set(config.accounts.map(\.account.channel)) == Set(DemoCampaign.channels))
        for account in config.accounts {
            #expect(throws: Never.self) {
                _ = try LoadedAccount(account, publicURL: "http://127.0.0.1:8081", callbackSecret: [UInt8](repeating: 0, count: 32), path: "")
            }
        }
    }
}
