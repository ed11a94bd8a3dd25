import Core
import Glibc
import Testing

extension SystemTests {
    @Suite struct SystemdTests {
        private static let analyzer = "/usr/bin/systemd-analyze"

        @Test(.enabled(if: access(analyzer, X_OK) == 0)) func `systemd rates the exposure of the unit at 1.5 or less`() throws {
            let folder = try TemporaryFolder()
            let run = try ChildProcess.run([Self.analyzer, "security", "--offline=yes", "--no-pager", Clairon.root + "/deploy/clairon.service"], in: folder)
            #expect(run.end == .exit(0), "\(run.errors)")
            // "→ Overall exposure level for clairon.service: 1.2 OK 🙂"
            let words = run.output.split(separator: "Overall exposure level for clairon.service: ").last?.split(separator: " ").first
            let level = try #require(words.flatMap { Double(String($0)) }, "\(run.output.suffix(200))")
            #expect(level <= 1.5)
        }

        @Test func `the service manager hears READY, the watchdog's pings and STOPPING`() throws {
            let folder = try TemporaryFolder()
            let listener = try NotifyListener(path: folder.path + "/notify")
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder,
                                           environment: ["NOTIFY_SOCKET=\(listener.path)", "WATCHDOG_USEC=600000"])
            try server.start()
            // On a slow start a ping may come before it.
            while try listener.next() != "READY=1" {}
            #expect(try listener.next() == "WATCHDOG=1")
            #expect(try listener.next() == "WATCHDOG=1")
            let end = try server.stop()
            #expect(end == .exit(0))
            while true {
                let word = try listener.next()
                if word == "STOPPING=1" { break }
                #expect(word == "WATCHDOG=1")
            }
        }

        @Test(arguments: ["http-loop-0", "http-loop-1", "store-writer", "ledger-writer"])
        func `a thread that stands still ends the pings`(_ thread: String) throws {
            let folder = try TemporaryFolder()
            let listener = try NotifyListener(path: folder.path + "/notify")
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder,
                                           environment: ["NOTIFY_SOCKET=\(listener.path)", "WATCHDOG_USEC=600000"])
            try server.start()
            // On a slow start a ping may come before it.
            while try listener.next() != "READY=1" {}
            #expect(try listener.next() == "WATCHDOG=1")
            let frozen = try #require(try FrozenThread(thread, of: server.pid, in: folder), "no thread \(thread)")
            while listener.hears(milliseconds: 1_500) { _ = try listener.next() }
            #expect(!listener.hears(milliseconds: 2_000), "a proof without \(thread)")
            frozen.thaw()
            #expect(try listener.next() == "WATCHDOG=1")
            #expect(try server.stop() == .exit(0))
        }
    }
}
