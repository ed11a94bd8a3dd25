import Core
import FoundationEssentials
import Testing

extension SystemTests {
    @Suite struct DamageTests {
        /// A table's root page, found by its own name: whoever reads or writes the table comes by it.
        @Test(arguments: [("ledger-1.db", "meta"), ("clairon.db", "profile")])
        func `a page that is not what was written ends the server, and names the file`(_ file: String, _ table: String) throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            try api.importLines("profiles", [["external_id": "zoe"]])
            #expect(try server.stop() == .exit(0))
            try DataCopy.damage(table, in: server.dataFolder + "/" + file)

            try server.spawn()
            let end = try Poll.until("the end of the server") { () -> ChildProcess.End? in
                if let end = server.end { return end }
                _ = try? api.get("/v1/profiles/zoe")
                return nil
            }
            #expect(end == .exit(65))
            #expect(server.log.contains("fatal storage_damaged code="), "\(server.log)")
            #expect(server.log.contains("/\(file): "), "\(server.log)")
            #expect(server.log.contains("restore the folder from a backup"))
        }

        @Test func `a file that is no database ends the start, and stays as it is`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            #expect(try server.stop() == .exit(0))
            try DataCopy.checkpoint(server.dataFolder + "/clairon.db")
            let text = String(repeating: "no database at all ", count: 500)
            try folder.write(text, to: server.dataFolder + "/clairon.db")

            try server.spawn()
            #expect(try server.wait() == .exit(65))
            #expect(server.log.contains("fatal storage_damaged code=26 file=\(server.dataFolder)/clairon.db"), "\(server.log)")
            #expect(ChildProcess.text(of: server.dataFolder + "/clairon.db") == text)
        }
    }
}
