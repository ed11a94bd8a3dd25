import Core
import Glibc
import GRDB
import Testing

extension SystemTests {
    /// Imports that go on after their answer, and a server that is killed.
    @Suite struct AsyncImportTests {
        private static let people = 500
        private static let lines = 60_000

        @Test func `after the 202 no kill loses a line or applies one twice`() throws {
            let folder = try TemporaryFolder()
            let password = try folder.write("secret", to: "password")
            let config: JSONObject = ["accounts": ["sms-fr": [
                "channel": "sms", "provider": "kannel", "sender": "SHOP", "base_url": "http://127.0.0.1:9/", "username": "u", "password_file": .string(password),
            ]]]
            let server = try ServerProcess(config, port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            // Everybody changes their mind with each line: the history of consent shows each line that was applied.
            var body: [UInt8] = []
            for number in 0..<Self.lines {
                let isOptIn = number / Self.people % 2 == 0
                let at = Timestamp(milliseconds: 1_750_000_000_000 + Int64(number) * 1_000)
                body += Array(#"{"profile":"u\#(number % Self.people)","channel":"sms","account":"sms-fr","address":"+33611\#(100_000 + number % Self.people)","opt_in":\#(isOptIn),"consent":{"source":"l\#(number)","at":"\#(at)"}}"#.utf8)
                body.append(UInt8(ascii: "\n"))
            }
            let answer = try api.send("POST", "/v1/imports?kind=subscriptions", headers: [("Content-Type", "application/x-ndjson"), ("Prefer", "respond-async")], body: body)
            #expect(answer.status == 202 && answer.headers["location"] == "/v1/imports/imp_1" && answer.json["state"] == "running")

            var seen: Int64 = 0
            for interruption in 1...4 {
                let job = try Poll.until("lines of the import") { () -> JSONValue? in
                    let job: JSONValue? = try api.get("/v1/imports/imp_1")
                    return job?["accepted"]?.int ?? 0 > seen ? job : nil
                }
                seen = try #require(job["accepted"]?.int)
                #expect(job["state"] == "running" && seen < Self.lines, "the import was over before the interruption")
                if interruption < 4 { try server.killHard() } else { #expect(try server.stop() == .exit(0)) }
                try server.start()
            }
            let job = try Poll.until("the end of the import", seconds: 120) { () -> JSONValue? in
                let job: JSONValue? = try api.get("/v1/imports/imp_1")
                return job?["state"] == "running" ? nil : job
            }
            #expect(job["state"] == "finished" && job["lines"] == .int(Int64(Self.lines)) && job["accepted"] == job["lines"] && job["rejected"] == 0)
            for person in 0..<Self.people {
                let sources = try api.get("/v1/profiles/u\(person)/consents?limit=500")["data"]?.array?.compactMap { $0["source"]?.string } ?? []
                let expected = stride(from: person, to: Self.lines, by: Self.people).map { "l\($0)" }
                let isRight = sources.reversed() == expected
                #expect(isRight, "the history of u\(person) has \(sources.count) rows for \(expected.count) lines")
            }
            try Poll.until("an empty shelf") { try Self.parts(server) == 0 }
            #expect(try server.stop() == .exit(0))
        }

        @Test func `a body that breaks off leaves nothing, nor does one that a kill breaks off`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            let table = "external_id,attributes.n\n" + (1...150_000).map { "u\($0),\($0)\n" }.joined()
            let head = "POST /v1/imports?kind=profiles HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(api.key)\r\nContent-Type: text/csv\r\nPrefer: respond-async\r\n"
            for isKilled in [false, true] {
                let upload = try HangingRequest(port: server.port, head + "Content-Length: \(table.utf8.count + 1_000)\r\n\r\n" + table)
                try Poll.until("parts of the body") { try Self.parts(server) >= 3 }
                if isKilled {
                    try server.killHard()
                    upload.close()
                    #expect(try Self.parts(server) >= 3)
                    try server.start()
                } else {
                    upload.close()
                }
                try Poll.until("the end of the parts") { try Self.parts(server) == 0 }
                #expect(try api.get("/v1/imports")["data"] == [])
                try Poll.until("the room of the body") { try server.http.send("GET", "/metrics").text.contains("\nclairon_waiting_import_bytes 0\n") }
            }
            #expect(try server.http.send("GET", "/v1/profiles/u1", headers: [("Authorization", "Bearer \(api.key)")]).status == 404)
            #expect(try server.stop() == .exit(0))
        }

        /// Pieces of bodies in the database.
        private static func parts(_ server: ServerProcess) throws -> Int {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let database = try DatabaseQueue(path: server.dataFolder + "/clairon.db", configuration: configuration)
            defer { try? database.close() }
            return try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM upload_part") ?? 0 }
        }
    }
}
