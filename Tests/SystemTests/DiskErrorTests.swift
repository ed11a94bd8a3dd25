import Core
import Glibc
import Testing

extension SystemTests {
    /// A disk that answers EIO. `make crash` has the same at a random moment of a campaign.
    @Suite struct DiskErrorTests {
        enum Fault: String {
            case write = "write:1", sync = "sync:1", checkpoint = "checkpoint:1", stale = "stale:1", read = "read:1"

            /// With SQLite's code: IOERR_WRITE, IOERR_FSYNC, IOERR_READ; a sector that cannot be read is CORRUPT to it.
            var line: String {
                switch self {
                case .write: "fatal storage_io_error code=778 file="
                case .sync, .checkpoint: "fatal storage_io_error code=1034 file="
                case .stale: "fatal storage_io_error code=266 file="
                case .read: "fatal storage_damaged code=11 file="
                }
            }

            var end: ChildProcess.End { self == .read ? .exit(65) : .signal(SIGABRT) }
        }

        @Test(arguments: [Fault.write, .sync, .checkpoint, .stale, .read])
        func `an I/O error of a writer ends the server, names the file, and takes nothing that was acknowledged`(_ fault: Fault) throws {
            let folder = try TemporaryFolder()
            let library = try PreloadedLibrary("eio", in: folder)
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            try api.importLines("profiles", (0..<500).map { ["external_id": .string("before-\($0)")] })
            #expect(try server.stop() == .exit(0))

            try server.spawn(environment: ["LD_PRELOAD=\(library.path)", "EIO=\(fault.rawValue)"])
            var acknowledged: [String] = []
            let end = try Poll.until("the end of the server") { () -> ChildProcess.End? in
                if let end = server.end { return end }
                let id = "during-\(acknowledged.count)"
                if (try? api.send("PUT", "/v1/profiles/\(id)", headers: [("Content-Type", "application/json")], body: Array("{}".utf8))) != nil {
                    acknowledged.append(id)
                }
                return nil
            }
            #expect(end == fault.end, "\(server.log)")
            #expect(server.log.contains("\n\(fault.line)\(server.dataFolder)/"), "\(server.log)")

            try server.start()
            for id in ["before-0", "before-499"] + acknowledged {
                #expect(try api.get("/v1/profiles/\(id)")["external_id"]?.string == id)
            }
            #expect(try server.stop() == .exit(0))
            #expect(try DataCopy(of: server.dataFolder).integrity() == ["ok", "ok"])
        }
    }
}
