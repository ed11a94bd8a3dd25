import Core
import Testing

extension SystemTests {
    @Suite struct ImportCrashTests {
        @Test func `an import that a kill interrupts has failed after the restart, and what it counted is stored`() throws {
            let folder = try TemporaryFolder()
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder)
            try server.start()
            let api = try server.api()
            let table = "external_id,attributes.n\n" + (1...1_800).map { "u\($0),\($0)\n" }.joined()
            let head = "POST /v1/imports?kind=profiles&label=nightly HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(api.key)\r\nContent-Type: text/csv\r\n"
            let upload = try HangingRequest(port: server.port, head + "Content-Length: \(table.utf8.count + 1_000)\r\n\r\n" + table)
            let begun = try Poll.until("slices of the import") { () -> JSONValue? in
                let job = try? api.get("/v1/imports/imp_1")
                return job?["accepted"] == 1_500 ? job : nil
            }
            #expect(begun["state"] == "running" && begun["label"] == "nightly")
            try server.killHard()
            upload.close()

            try server.start()
            let job = try api.get("/v1/imports/imp_1")
            #expect(job["state"] == "failed" && job["accepted"] == 1_500 && job["finished_at"] != .null)
            #expect(try api.get("/v1/imports")["data"]?.array?.map { $0["state"] } == ["failed"])
            #expect(try api.get("/v1/profiles/u1500")["attributes"] == ["n": 1_500])
            // Sent again, the same lines change nothing and the rest comes in.
            let again = try api.send("POST", "/v1/imports?kind=profiles", headers: [("Content-Type", "text/csv")], body: Array(table.utf8)).json
            #expect(again["state"] == "finished" && again["accepted"] == 1_800)
            #expect(try api.get("/v1/profiles/u1800")["attributes"] == ["n": 1_800])
            #expect(try server.stop() == .exit(0))
        }
    }
}
