import Core
import FoundationEssentials
import Glibc
import Testing

extension SystemTests {
    @Suite struct ProcessTests {
        @Test func `a second process on the same folder is refused in a sentence`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            let config = try folder.write(#"{"listen":"127.0.0.1:0","data_dir":"data"}"#, to: "second.json")
            // Nothing in the folder can be deleted to get past the lock.
            for name in try FileManager.default.contentsOfDirectory(atPath: server.dataFolder) where !name.contains(".db") {
                try FileManager.default.removeItem(atPath: server.dataFolder + "/" + name)
            }
            for command in [["serve", "--config", config], ["migrate", "--config", config]] {
                let second = try Clairon.run(command, in: folder)
                #expect(second.end == .exit(1), "\(command[0])")
                #expect(second.errors.contains("another clairon process owns \(server.dataFolder): stop it first"), "\(second.errors)")
            }
            #expect(try server.http.send("GET", "/healthz").status == 200)
            #expect(try server.stop() == .exit(0))
        }

        @Test func `a second server on the same port is refused in a sentence`() throws {
            let folder = try TemporaryFolder()
            let port = try Clairon.freePort()
            let server = try ServerProcess([:], port: port, in: folder)
            try server.start()
            let config = try folder.write("{\"listen\":\"127.0.0.1:\(port)\",\"data_dir\":\"other\"}", to: "second.json")
            let second = try Clairon.run(["serve", "--config", config], in: folder)
            #expect(second.end == .exit(1))
            #expect(second.errors.contains("cannot listen on 127.0.0.1:\(port)"), "\(second.errors)")
            #expect(server.log.contains("listening address=127.0.0.1:\(port)"))
            #expect(try server.stop() == .exit(0))
        }

        @Test func `a web push key is made once and never overwritten`() throws {
            let folder = try TemporaryFolder()
            let path = folder.path + "/vapid.pem"
            let first = try Clairon.run(["vapid", "generate", "--out", path, "--json"], in: folder)
            #expect(first.end == .exit(0))
            let made = try JSONValue(parsing: Array(first.output.utf8))
            #expect(made["public_key"]?.string?.utf8.count == 87)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
            #expect(try Clairon.run(["vapid", "generate", "--out", path], in: folder).end == .exit(1))
        }

        @Test func `SIGTERM lets what is in flight finish and records it`() throws {
            let folder = try TemporaryFolder()
            let sandbox = try SandboxProcess(in: folder)
            let server = try ServerProcess(sandbox.config(), port: sandbox.serverPort, in: folder)
            try server.start()
            let api = try server.api()
            try Audience.load([("ios-main", .apns, 2_000), ("android-main", .fcm, 2_000)], from: sandbox, into: api)
            try sandbox.setLatency(milliseconds: 500)
            _ = try api.launch(Audience.campaign([.apns, .fcm]))
            try Poll.until("the first messages") { try sandbox.taken().count == 2 }
            #expect(try server.stop() == .exit(0))
            try sandbox.stop()

            let records = try DataCopy(of: server.dataFolder).records()
            let states = Dictionary(grouping: records, by: \.state).mapValues(\.count)
            #expect(states["sending"] == nil && states["leased"] == nil, "\(states)")
            let accepted = Set(records.filter { $0.state == "accepted" }.map(\.recipient))
            let receipts = try sandbox.receipts()
            #expect(!accepted.isEmpty && accepted.count < records.count)
            #expect(receipts.count == accepted.count && Set(receipts.map(\.recipient)) == accepted)
            #expect(server.log.contains(" stopped"))
        }

        @Test func `a wrong configuration ends with 78 and every problem at once`() throws {
            let folder = try TemporaryFolder()
            let config = try folder.write("""
                {"listen":"nowhere","data_dir":"data","limts":{},"accounts":{
                 "ios":{"channel":"apns","team_id":"T","key_id":"K","topic":"com.example","environment":"prod","ramp":"PT60S"},
                 "web":{"channel":"webpush","subject":"ops@example.com","vapid_key_file":"missing.pem"}}}
                """, to: "wrong.json")
            for command in ["serve", "check"] {
                let run = try Clairon.run([command, "--config", config], in: folder)
                #expect(run.end == .exit(78), "\(command)")
                let words = run.errors + run.output
                for problem in ["listen: ", "limts: ", "accounts.ios.environment: ", "accounts.ios.ramp: needs rate.per_second", "accounts.ios.key_file: ", "accounts.web.subject: "] {
                    #expect(words.contains(problem), "\(command): \(problem)\n\(words)")
                }
            }
            #expect(access(folder.path + "/data", F_OK) != 0, "nothing was made")
            let missing = try Clairon.run(["serve", "--config", folder.path + "/nowhere.json"], in: folder)
            #expect(missing.end == .exit(78))
        }

        @Test func `keys are made with the server stopped and running, and work`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            let before = try server.createKey(["--scopes", "profiles:read,profiles:write"])
            try server.start()
            let during = try server.createKey(["--scopes", "profiles:read"])
            let both = [before, during].map { API(http: server.http, key: $0) }
            _ = try both[0].send("PUT", "/v1/profiles/p", headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
            for api in both { #expect(try api.get("/v1/profiles/p")["external_id"]?.string == "p") }
            #expect(throws: API.Refused.self) {
                _ = try both[1].send("PUT", "/v1/profiles/p", headers: [("Content-Type", "application/json")], body: Array("{}".utf8))
            }
            let wrong = try Clairon.run(["keys", "create", "--config", server.configPath, "--name", "n", "--scopes", "profile:read"], in: folder)
            #expect(wrong.end == .exit(1) && wrong.errors.contains("profiles:read"), "\(wrong.errors)")
            try server.killHard()
            try server.start()
            #expect(try both[1].get("/v1/profiles/p")["external_id"]?.string == "p", "and after a crash")
            #expect(try server.stop() == .exit(0))
        }
    }
}
