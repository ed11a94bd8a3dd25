import API
import Core
import Storage
import Testing

@Suite struct AuditTests {
    @Test func `every change is kept with who made it, and none of it names a person`() async throws {
        try await TestServer.run { server in
            let made = try await server.send("POST", "/v1/keys", #"{"name":"second","scopes":["segments:write","keys:admin"]}"#)
            let (id, second) = (try #require(made.json["id"]?.string), try #require(made.json["key"]?.string))
            let segment = #"{"name":"fr","condition":{"language":"fr"}}"#
            let created = try await server.send("POST", "/v1/segments", segment, key: second)
            _ = try await server.send("PUT", "/v1/segments/seg_1", #"{"name":"de","condition":{"language":"de"}}"#, key: second)
            _ = try await server.send("DELETE", "/v1/segments/seg_1", key: second)
            _ = try await server.send("POST", "/v1/subscriptions", SubscriptionRoutesTests.registration(#","opt_in":true"#))
            _ = try await server.send("POST", "/v1/subscriptions/sub_1/opt-out")
            _ = try await server.send("POST", "/v1/imports?kind=profiles", #"{"external_id":"olga-99"}"#, headers: [("content-type", "application/x-ndjson")])
            _ = try await server.send("DELETE", "/v1/subscriptions/sub_1")
            _ = try await server.send("DELETE", "/v1/profiles/u1")
            _ = try await server.send("POST", "/v1/keys/\(id)/rotate")
            for _ in 0..<2 { #expect(try await server.send("DELETE", "/v1/keys/\(id)").status == 204) }
            // What was refused changed nothing, and leaves nothing here.
            #expect(try await server.send("DELETE", "/v1/segments/seg_1").status == 404)
            #expect(try await server.send("POST", "/v1/keys/\(id)/rotate").status == 409)

            let log = try await server.send("GET", "/v1/audit")
            let rows = Array((log.json["data"]?.array ?? []).reversed())
            #expect(rows.map { $0["action"]?.string } == [
                "key.create", "segment.create", "segment.replace", "segment.delete", "subscription.opt_out", "import.start", "subscription.delete",
                "profile.erase", "key.rotate", "key.revoke",
            ])
            #expect(rows.map { $0["id"]?.int } == (1...10).map { Int64($0) })
            #expect(rows[1]["actor"] == .string(id) && rows[0]["actor"] == "key_1" && rows[1]["object"] == "seg_1")
            #expect(rows[1]["request_id"]?.string == created.header("request-id"))
            #expect(rows[8]["before"] != .null && rows[8]["before"] != rows[8]["after"])
            #expect(rows[1]["before"] == .null && rows[2]["before"] == rows[1]["after"] && rows[3]["before"] == rows[2]["after"] && rows[3]["after"] == .null)
            for secret in ["\"u1\"", "/u1", "olga-99", "aabbccdd", "clr_"] { #expect(!log.text.contains(secret), "\(secret)") }
            #expect(rows[7]["object"]?.string?.hasPrefix("person_") == true)

            for (query, count) in [("actor=\(id)", 3), ("action=key.rotate", 1), ("object=seg_1", 3), ("object=seg_1&action=segment.delete", 1), ("actor=command", 0)] {
                #expect(try await server.send("GET", "/v1/audit?\(query)").json["data"]?.array?.count == count, "\(query)")
            }
            #expect(try await server.send("GET", "/v1/audit?action=key.eat").pointers == ["?action"])
            let page = try await server.send("GET", "/v1/audit?limit=6")
            let next = try await server.send("GET", "/v1/audit?limit=6&cursor=\(try #require(page.json["next_cursor"]?.string))")
            #expect((page.json["data"]?.array ?? []) + (next.json["data"]?.array ?? []) == rows.reversed() && next.json["next_cursor"] == .null)
            #expect(try await AuditChain.verify(server.store).id == 10)
        }
    }

    @Test func `a repeat is kept once`() async throws {
        try await TestServer.run { server in
            for _ in 0..<3 { _ = try await server.send("POST", "/v1/segments", #"{"name":"a","condition":{"tag":"x"}}"#, headers: [("idempotency-key", "k")]) }
            #expect(try await server.send("GET", "/v1/audit").json["data"]?.array?.count == 1)
        }
    }

    @Test func `what a campaign goes through is kept`() async throws {
        try await CampaignServer.run { server in
            _ = try await server.person("u1", phone: "+33612345678")
            let id = try await server.draft()
            _ = try await server.send("PATCH", "/v1/campaigns/\(id)", #"{"name":"x"}"#)
            _ = try await server.send("POST", "/v1/campaigns/\(id)/test", #"{"profiles":["u1"]}"#)
            _ = try await server.launch(id)
            for action in ["pause", "resume", "cancel"] { _ = try await server.send("POST", "/v1/campaigns/\(id)/\(action)") }
            let other = try await server.draft()
            _ = try await server.send("DELETE", "/v1/campaigns/\(other)")
            let log = try await server.send("GET", "/v1/audit")
            #expect((log.json["data"]?.array ?? []).reversed().map { $0["action"]?.string } == [
                "campaign.create", "campaign.update", "campaign.test", "campaign.launch", "campaign.pause", "campaign.resume", "campaign.cancel",
                "campaign.create", "campaign.delete",
            ])
            #expect(!log.text.contains("u1\""))
        }
    }

    private static func log() -> [AuditRow] {
        var rows: [AuditRow] = []
        for id in 1...5 as ClosedRange<Int64> {
            var row = AuditRow(id: id, at: .seconds(id), actor: "key_1", action: "segment.create", object: "seg_\(id)", before: nil,
                               after: [UInt8](repeating: UInt8(id), count: 32), request: "req_\(id)", hash: [])
            row.hash = AuditChain.hash(row, after: rows.last?.hash ?? [UInt8](repeating: 0, count: 32))
            rows.append(row)
        }
        return rows
    }

    private static func finding(_ rows: [AuditRow]) -> AuditChain.Finding? {
        var chain = AuditChain()
        let end = log()[4]
        do {
            for row in rows { try chain.take(row) }
            try chain.check(noted: (end.id, end.hash))
            return nil
        } catch { return error }
    }

    @Test(arguments: 0..<5)
    func `a row that was changed, deleted or put in is found wherever it stands`(index: Int) {
        #expect(Self.finding(Self.log()) == nil)
        let changes: [(inout AuditRow) -> Void] = [
            { $0.at = .seconds(99) }, { $0.actor = "key_2" }, { $0.action = "segment.delete" }, { $0.object = "seg_9" }, { $0.before = $0.after },
            { $0.after = nil }, { $0.request = nil }, { $0.hash[0] ^= 1 },
            // A field's end moved into the next.
            { $0.actor = "key_1segment"; $0.action = ".create" },
        ]
        for (number, change) in changes.enumerated() {
            var rows = Self.log()
            change(&rows[index])
            #expect(Self.finding(rows) == .changed(Int64(index) + 1), "\(number)")
        }
        var deleted = Self.log()
        deleted.remove(at: index)
        #expect(Self.finding(deleted) == (index == 4 ? .cutShort(last: 4, noted: 5) : .missing(Int64(index) + 1)))
        for at in index..<4 { deleted[at].id -= 1 }
        #expect(Self.finding(deleted) == (index == 4 ? .cutShort(last: 4, noted: 5) : .changed(Int64(index) + 1)), "numbered anew")
        var inserted = Self.log()
        inserted.insert(inserted[index], at: index)
        #expect(Self.finding(inserted) != nil)
        // A row whose hash was made anew breaks the next one, and the last one the note.
        var forged = Self.log()
        forged[index].object = "seg_9"
        forged[index].hash = AuditChain.hash(forged[index], after: index == 0 ? [UInt8](repeating: 0, count: 32) : forged[index - 1].hash)
        #expect(Self.finding(forged) == (index == 4 ? .otherEnd(5) : .changed(Int64(index) + 2)))
    }
}
