import Core
import Glibc
import Testing

extension SystemTests {
    @Suite(.enabled(if: SmallDisk.isPossible, "needs the right to mount a tmpfs: root")) struct DiskFullTests {
        @Test func `on a full disk writes are refused, reads and pings go on, and room is all that is needed`() throws {
            let folder = try TemporaryFolder()
            let disk = try SmallDisk(megabytes: 32, in: folder)
            let listener = try NotifyListener(path: folder.path + "/notify")
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder,
                                           environment: ["NOTIFY_SOCKET=\(listener.path)", "WATCHDOG_USEC=600000"], within: disk.command)
            try server.start()
            let api = try server.api()
            try api.importLines("profiles", [["external_id": "before"]])

            try disk.fill()
            let refusal = try Poll.until("the refusal of a write") { () -> HTTPClient.Answer? in
                // What the files had left is used up first.
                let headers = [("Authorization", "Bearer \(api.key)"), ("Content-Type", "application/json")]
                let answer = try server.http.send("PUT", "/v1/profiles/filler", headers: headers, body: Self.profile)
                return answer.status < 300 ? nil : answer
            }
            #expect(refusal.status == 503)
            #expect(refusal.json["code"]?.string == "storage_full", "\(refusal.text)")
            #expect(refusal.headers["retry-after"] == "30")
            #expect(try api.get("/v1/profiles/before")["external_id"]?.string == "before")
            #expect(try server.http.send("GET", "/healthz").status == 200)
            #expect(try server.http.send("GET", "/readyz").status == 503)
            while listener.hears(milliseconds: 0) { _ = try listener.next() }
            #expect(try listener.next() == "WATCHDOG=1", "a restart would mend nothing")

            try disk.makeRoom()
            try api.importLines("profiles", [["external_id": "after"]])
            try server.waitUntilReady()
            #expect(try api.get("/v1/profiles/after")["external_id"]?.string == "after")
            #expect(try server.stop() == .exit(0))
        }

        @Test func `an import that nobody waits for is refused on a full disk, and one that was taken goes on with room`() throws {
            let folder = try TemporaryFolder()
            let disk = try SmallDisk(megabytes: 48, in: folder)
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder, within: disk.command)
            try server.start()
            let api = try server.api()
            let headers = [("Content-Type", "text/csv"), ("Prefer", "respond-async")]
            let table = Array(("external_id,attributes.n\n" + (1...60_000).map { "u\($0),\($0)\n" }.joined()).utf8)
            let taken = try api.send("POST", "/v1/imports?kind=profiles", headers: headers, body: table)
            try disk.fill()
            #expect(taken.status == 202)
            try Poll.until("the import's word of the full disk") { server.log.contains(" import_waits ") }
            #expect(try api.get("/v1/imports/imp_1")["state"] == "running")
            let refused = try server.http.send("POST", "/v1/imports?kind=profiles", headers: headers + [("Authorization", "Bearer \(api.key)")], body: table)
            #expect(refused.status == 503 && refused.json["code"] == "storage_full" && refused.headers["retry-after"] == "30", "\(refused.text)")

            try disk.makeRoom()
            let job = try Poll.until("the end of the import", seconds: 60) { () -> JSONValue? in
                let job: JSONValue? = try api.get("/v1/imports/imp_1")
                return job?["state"] == "running" ? nil : job
            }
            #expect(job["state"] == "finished" && job["lines"] == 60_000 && job["accepted"] == 60_000)
            #expect(try api.get("/v1/imports")["data"]?.array?.count == 1)
            #expect(try server.stop() == .exit(0))
        }

        @Test(arguments: [32, 8])
        func `a campaign that the disk stops goes on with room, and nobody gets it twice`(_ megabytes: Int) throws {
            let folder = try TemporaryFolder()
            let disk = try SmallDisk(megabytes: megabytes, in: folder)
            let sandbox = try SandboxProcess(in: folder)
            let server = try ServerProcess(Self.slowed(sandbox.config()), port: sandbox.serverPort, in: folder, within: disk.command)
            try server.start()
            let api = try server.api()
            try Audience.load(Self.counts, from: sandbox, into: api)
            try sandbox.setLatency(milliseconds: 100)
            let campaign = try api.launch(Audience.campaign([.apns, .sms]))
            try Poll.until("the campaign's first messages") { try sandbox.receipts().count > 50 }

            try disk.fill()
            // Without intents nothing leaves: what the providers take comes to a stand.
            var seen = -1
            try Poll.until("the stand of the campaign") {
                let before = seen
                seen = try sandbox.receipts().count
                usleep(300_000)
                return seen == before
            }
            #expect(seen < 800, "the campaign was over before the disk was full")
            try disk.makeRoom()
            let report = try api.waitUntilFinished(campaign)

            #expect(report["by_state"]?.counts.filter { $0.value > 0 && $0.key != "delivered" && $0.key != "accepted" } == [:], "\(report.text)")
            let receipts = try sandbox.receipts()
            #expect(receipts.count == 800 && Set(receipts.map(\.recipient)).count == 800)
            #expect(try server.stop() == .exit(0))
            try sandbox.stop()
        }

        @Test func `a start on a full disk ends in a sentence, and loses nothing`() throws {
            let folder = try TemporaryFolder()
            let disk = try SmallDisk(megabytes: 32, in: folder)
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder, within: disk.command)
            try server.start()
            let api = try server.api()
            try api.importLines("profiles", [["external_id": "before"]])
            try server.killHard()

            try disk.fill()
            try server.spawn()
            #expect(try server.wait() == .exit(1))
            #expect(server.log.contains("full"), "\(server.log)")
            try disk.makeRoom()
            try server.start()
            #expect(try api.get("/v1/profiles/before")["external_id"]?.string == "before")
            #expect(try server.stop() == .exit(0))
        }

        private static let counts: [(account: String, channel: Channel, count: Int)] = [("ios-main", .apns, 400), ("sms-fr", .sms, 400)]
        private static let profile = JSONValue.object(["attributes": ["text": .string(String(repeating: "x", count: 500))]]).bytes

        private static func slowed(_ config: JSONObject) -> JSONObject {
            var config = config
            var accounts = config["accounts"]?.object ?? JSONObject()
            for (name, _, _) in counts {
                var account = accounts[name]?.object ?? JSONObject()
                account["rate"] = ["per_second": 80]
                accounts[name] = .object(account)
            }
            config["accounts"] = .object(accounts)
            return config
        }
    }
}
