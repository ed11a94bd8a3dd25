import Core
import Glibc
import Linux
import Testing

extension SystemTests {
    @Suite struct RestartTests {
        private static let restarts = 20

        @Test func `twenty restarts under load refuse nobody and lose no acknowledged write`() throws {
            let folder = try TemporaryFolder()
            let socket = try ListeningSocket()
            let server = try ServerProcess([:], port: socket.port, in: folder, socket: socket.rawValue)
            try server.start()
            #expect(server.log.contains("socket=LISTEN_FDS"))
            let key = try server.createKey()
            let load = try WriteLoad(port: socket.port, key: key, perSecond: 200)
            var drains: [Double] = []
            for _ in 0..<Self.restarts {
                let before = load.acknowledged
                try Poll.until("writes") { load.acknowledged >= before + 20 }
                let start = ContinuousClock.now
                #expect(try server.stop() == .exit(0))
                drains.append(start.duration(to: .now) / .seconds(1))
                try server.spawn()
            }
            try server.waitUntilReady()
            let result = load.stop()
            #expect(result.refused == 0, "connections refused")
            #expect(result.errors == [:], "every request is answered")
            #expect(result.acknowledged.count > Self.restarts * 20)
            let api = API(http: server.http, key: key)
            var lost: [String] = []
            for id in result.acknowledged where (try? api.send("GET", "/v1/profiles/\(id)")) == nil { lost.append(id) }
            #expect(lost == [])
            #expect(drains.max() ?? 0 < 5, "\(drains)")
            print("restarts: \(result.acknowledged.count) writes acknowledged, \(result.refused) refused, \(lost.count) lost, "
                + "slowest drain \(drains.max() ?? 0) s")
            #expect(try server.stop() == .exit(0))
        }

        @Test func `a descriptor that is no listening socket is refused in a sentence`() throws {
            let folder = try TemporaryFolder()
            let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder, socket: file)
            #expect(throws: HTTPClient.Broken.self) { try server.start() }
            #expect(server.log.contains("descriptor 3 of LISTEN_FDS is no listening TCP socket"))
        }

        @Test func `before the listener closes, the server says that it is not ready, and goodbye`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            kill(server.pid, SIGTERM)
            let answer = try Poll.until("not ready") { () -> HTTPClient.Answer? in
                (try? server.http.send("GET", "/readyz")).flatMap { $0.status == 503 ? $0 : nil }
            }
            #expect(answer.headers["connection"] == "close")
            #expect(answer.text.contains("stopping"))
            #expect(try server.http.send("GET", "/healthz").status == 200, "others are served still")
            #expect(try server.stop() == .exit(0))
        }

        @Test func `a second SIGTERM does not wait`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            // A request whose body never comes holds the drain up.
            let slow = try HangingRequest(port: server.port)
            try Poll.until("the request") { try server.http.send("GET", "/metrics").text.contains("clairon_http_connections 2") }
            kill(server.pid, SIGTERM)
            try Poll.until("the drain") { (try? server.http.send("GET", "/healthz")) == nil }
            let start = ContinuousClock.now
            #expect(try server.stop() == .exit(0))
            #expect(start.duration(to: .now) < .seconds(2))
            slow.close()
        }
    }
}
