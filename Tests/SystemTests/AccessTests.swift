import Core
import FoundationEssentials
import GRDB
import Glibc
import Linux
import Testing

extension SystemTests {
    @Suite struct AccessTests {
        @Test func `a repeat after a crash acts once, whatever the crash cut off`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            let api = API(http: server.http, key: try server.createKey())
            func create(_ number: Int) throws -> HTTPClient.Answer {
                try api.send("POST", "/v1/segments", headers: [("Content-Type", "application/json"), ("Idempotency-Key", "n-\(number)")],
                             body: Array(#"{"name":"n\#(number)","condition":{"tag":"x"}}"#.utf8))
            }
            try server.start()
            let first = try create(0)
            #expect(first.status == 201)
            var answered: [Int: [UInt8]] = [:]
            for round in 0..<3 {
                for number in (round * 200 + 1)..<(round * 200 + 201) {
                    // From another thread, so that it falls anywhere into what a request goes through.
                    if number % 200 == 150 {
                        let pid = server.pid
                        _ = try Thread.start(named: "killer") { kill(pid, SIGKILL) }
                    }
                    guard let answer = try? create(number) else { continue }
                    answered[number] = answer.body
                }
                try server.killHard()
                try server.start()
                let again = try create(0)
                #expect(again.status == 201 && again.headers["idempotency-replayed"] == "true" && again.body == first.body)
                for number in (round * 200 + 1)..<(round * 200 + 201) {
                    let repeated = try create(number)
                    #expect(repeated.status == 201)
                    if let body = answered[number] { #expect(repeated.headers["idempotency-replayed"] == "true" && repeated.body == body, "\(number)") }
                }
            }
            let all = try api.get("/v1/segments?limit=1000")["data"]?.array ?? []
            #expect(all.count == 601 && Set(all.compactMap { $0["name"]?.string }).count == 601)
            #expect(answered.count < 600, "the crash cut something off")
            #expect(try server.stop() == .exit(0))
        }

        @Test func `keys are listed, rotated and revoked with the server running and stopped, and the log of it is whole until somebody touches it`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            let first = try server.createKey(["--scopes", "accounts:admin"])
            func run(_ command: [String]) throws -> (end: ChildProcess.End, output: String, errors: String) {
                try Clairon.run(command + ["--config", server.configPath], in: folder)
            }
            func status(_ key: String) throws -> Int {
                try server.http.send("GET", "/v1/accounts", headers: [("Authorization", "Bearer \(key)")]).status
            }
            try server.start()
            #expect(try status(first) == 200)
            let second = try run(["keys", "rotate", "key_1", "--grace", "0"]).output.split(separator: "\n").joined()
            #expect(try status(first) == 401 && status(second) == 200)
            let list = try run(["keys", "list"])
            #expect(list.output.hasPrefix("key_1  server  no end") && !list.output.contains("clr_"), "\(list.output)")
            #expect(try run(["keys", "revoke", "key_9"]).end == .exit(1))
            #expect(try run(["audit", "verify"]).output.contains("the audit log is whole: 2 rows"))
            #expect(try server.stop() == .exit(0))

            let third = try run(["keys", "rotate", "key_1"]).output.split(separator: "\n").joined()
            try server.start()
            #expect(try status(second) == 200 && status(third) == 200)
            #expect(try run(["keys", "revoke", "key_1"]).end == .exit(0))
            #expect(try status(second) == 401 && status(third) == 401)
            #expect(try server.stop() == .exit(0))

            let whole = try run(["audit", "verify", "--json"])
            let end = try #require(try JSONValue(parsing: Array(whole.output.utf8))["end"]?.string)
            #expect(whole.end == .exit(0) && end.hasPrefix("4:"))
            #expect(try run(["audit", "verify", "--end", end]).end == .exit(0))
            #expect(try run(["audit", "verify", "--end", "4:" + String(repeating: "0", count: 64)]).end == .exit(65))
            let database = try DatabaseQueue(path: server.dataFolder + "/clairon.db")
            try database.write { db in
                for name in ["audit_is_not_changed", "audit_is_not_deleted"] { try db.execute(sql: "DROP TRIGGER \(name)") }
                try db.execute(sql: "UPDATE audit SET actor = 'key_7' WHERE id = 2")
            }
            let changed = try run(["audit", "verify"])
            #expect(changed.end == .exit(65) && changed.output.contains("row 2 is not what was written"), "\(changed.output)")
            try database.write { db in
                try db.execute(sql: "UPDATE audit SET actor = 'command' WHERE id = 2; DELETE FROM audit WHERE id = 4")
            }
            #expect(try run(["audit", "verify"]).output.contains("the log ends at row 3, row 4 had been written"))
            try database.close()
        }
    }
}
