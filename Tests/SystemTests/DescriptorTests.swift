import Core
import Glibc
import Linux
import Testing

extension SystemTests {
    /// Descriptors run out: the server waits without spinning, says no to those it has no room for, and goes on when there is.
    @Suite struct DescriptorTests {
        /// A process with open connections that do nothing.
        private final class Crowd {
            private let process: ChildProcess

            private static let script = """
                import signal, socket, sys
                crowd = [socket.socket() for _ in range(int(sys.argv[2]))]
                for one in crowd:
                    one.setblocking(False)
                    one.connect_ex(("127.0.0.1", int(sys.argv[1])))
                print("here", flush=True)
                signal.pause()
                """

            init(_ count: Int, port: Int, in folder: TemporaryFolder) throws {
                let process = try ChildProcess(["/usr/bin/env", "python3", "-c", Crowd.script, "\(port)", "\(count)"], log: folder.fresh("crowd"))
                self.process = process
                try Poll.until("the crowd") { process.outputText.contains("here") }
            }

            func kill() throws {
                process.send(SIGKILL)
                _ = try process.wait()
            }
        }

        /// CPU time of a process in seconds.
        private func cpu(of pid: pid_t) throws -> Double {
            let words = ChildProcess.text(of: "/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            let ticks = try #require(words.count > 12 ? Double(words[11]).flatMap { user in Double(words[12]).map { user + $0 } } : nil)
            return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
        }

        /// Share of a core that the process used while `body` ran.
        private func load(of pid: pid_t, while body: () throws -> Void) throws -> Double {
            let (start, before) = (ContinuousClock.now, try cpu(of: pid))
            try body()
            return (try cpu(of: pid) - before) / (start.duration(to: .now) / .seconds(1))
        }

        private func answers(_ server: ServerProcess) -> Bool {
            var http = server.http
            http.timeoutSeconds = 2
            return (try? http.send("GET", "/healthz").status) == 200
        }

        @Test func `clients never take the descriptors that databases and providers need`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder, descriptors: 128)
            try server.start()
            let key = try server.createKey()
            #expect(server.log.contains("few_descriptors"))
            let crowd = try Crowd(400, port: server.port, in: folder)
            try Poll.until("a full house") { !answers(server) }
            let share = try load(of: server.pid) {
                let end = ContinuousClock.now + .seconds(2)
                while ContinuousClock.now < end { _ = Poll.readable(-1, milliseconds: 200) }
            }
            #expect(share < 0.05, "\(share) of a core")
            let open = try #require(try? FolderList.count("/proc/\(server.pid)/fd"))
            #expect(open < 128 - 20, "\(open) are open")
            // Not through HTTP: the admin socket, and a commit.
            #expect(try server.createKey() != key)
            let left = ContinuousClock.now
            try crowd.kill()
            try Poll.until("an answer again", seconds: 5) { answers(server) }
            #expect(left.duration(to: .now) < .seconds(1))
            #expect(try server.stop() == .exit(0))
        }

        private func limit(_ pid: pid_t, to descriptors: Int, in folder: TemporaryFolder) throws -> ChildProcess.End {
            try ChildProcess.run(["/usr/bin/prlimit", "--pid", "\(pid)", "--nofile=\(descriptors):"], in: folder).end
        }

        @Test(arguments: [10, 16, 24, 32, 48, 64, 80])
        func `a limit that cannot do is told at once`(descriptors: Int) throws {
            let folder = try TemporaryFolder()
            let config = try folder.write(#"{"listen":"127.0.0.1:0","data_dir":"data"}"#, to: "config.json")
            let serve = ["/usr/bin/prlimit", "--nofile=\(descriptors)", try Clairon.binary(), "serve", "--config", config]
            let (end, _, errors) = try ChildProcess.run(serve, in: folder)
            #expect(end == .exit(1))
            #expect(errors.hasPrefix("Error: \(descriptors) descriptors do not suffice to serve: set LimitNOFILE (ulimit -n) to "), "\(errors)")
            #expect(errors.filter { $0 == "\n" }.count == 1, "\(errors)")
        }

        /// From the second descriptor that it opens to the last: whatever it opens next, it does without or says why it ends.
        @Test(arguments: Array(stride(from: 5, through: 38, by: 3)))
        func `a limit that falls while the server starts ends it with the reason, or is waited out`(descriptors: Int) throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.spawn()
            while ((try? FolderList.count("/proc/\(server.pid)/fd")) ?? descriptors) < min(descriptors, 28) { sched_yield() }
            _ = try limit(server.pid, to: descriptors, in: folder)
            // Two looks of libdispatch at its workers, five rounds of the scheduler.
            let start = ContinuousClock.now
            while server.end == nil, start.duration(to: .now) < .milliseconds(2_500) { _ = Poll.readable(-1, milliseconds: 50) }
            if let end = server.end {
                #expect(end == .exit(1), "\(server.log)")
                #expect(server.log.contains("\(descriptors) descriptors do not suffice to serve: set LimitNOFILE (ulimit -n) to "), "\(server.log)")
            } else {
                #expect(try limit(server.pid, to: 1_024, in: folder) == .exit(0))
                try server.waitUntilReady()
                #expect(try server.stop() == .exit(0))
            }
        }

        @Test func `a limit that falls below what is open is waited out`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            // What a server opens in its first moments (readers of the databases) it must have: this is about what comes later.
            var open = 0
            try Poll.until("nothing more is opened") {
                _ = Poll.readable(-1, milliseconds: 300)
                defer { open = (try? FolderList.count("/proc/\(server.pid)/fd")) ?? 0 }
                return answers(server) && (try? FolderList.count("/proc/\(server.pid)/fd")) == open
            }
            #expect(try limit(server.pid, to: open / 2, in: folder) == .exit(0))
            let crowd = try Crowd(50, port: server.port, in: folder)
            #expect(!answers(server))
            // A command comes at the wrong moment: it may wait, and those after it are answered once there is room.
            let command = try ChildProcess([Clairon.binary(), "keys", "list", "--config", server.configPath], log: folder.fresh("command"))
            let share = try load(of: server.pid) {
                let end = ContinuousClock.now + .seconds(2)
                while ContinuousClock.now < end { _ = Poll.readable(-1, milliseconds: 200) }
            }
            #expect(share < 0.05, "\(share) of a core")
            let raised = ContinuousClock.now
            #expect(try limit(server.pid, to: 1_024, in: folder) == .exit(0))
            do {
                try Poll.until("an answer again", seconds: 5) { answers(server) }
            } catch {
                let limit = ChildProcess.text(of: "/proc/\(server.pid)/limits").split(separator: "\n").first { $0.contains("open files") }
                Issue.record("\(error); \(open) were open; \(limit ?? "the process has gone"); its log:\n\(server.log)")
            }
            #expect(raised.duration(to: .now) < .seconds(1))
            #expect(try command.wait() == .exit(0))
            #expect(try Clairon.run(["keys", "list", "--config", server.configPath], in: folder).end == .exit(0))
            try crowd.kill()
            #expect(try server.stop() == .exit(0))
        }
    }
}
