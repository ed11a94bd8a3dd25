import API
import Core
import Testing

@Suite struct ImportCSVTests {
    private static let csv = [("content-type", "text/csv; charset=utf-8; header=present")]
    private static let ndjson = [("content-type", "application/x-ndjson")]

    /// The same data in both forms, and what shows that it is the same.
    struct Pair: CustomTestStringConvertible {
        let kind: String
        let csv: String
        let lines: [String]
        var testDescription: String { kind }
    }

    static let pairs = [
        Pair(kind: "profiles", csv: #"""
            \#u{FEFF}external_id,language,timezone,country,tags,location.lat,location.lon,attributes.tier,attributes.points,attributes.vip,attributes.zip:text,attributes.address.city,attributes.more:json,attributes.gone:json\#r
            u1,fr,Europe/Paris,FR,vip; new;,48.85,-2.5,gold,120,TRUE,01234,"Paris, 1er","{""a"":[1,null]}",null\#r
            u2,,,,"[""a;b"",""c""]",,,1e2,-0.5,no,75011,,,\#r
            u3,,,,,1,2,"say
            ""hi""",12a,false,12345678901234567890,Lyon,"""x""",\#r
            u4,,,,,,,12345678901234567890,007,+5,,,[],
            """#, lines: [
                #"{"external_id":"u1","language":"fr","timezone":"Europe/Paris","country":"FR","tags":["vip","new"],"location":{"lat":48.85,"lon":-2.5},"attributes":{"tier":"gold","points":120,"vip":true,"zip":"01234","address":{"city":"Paris, 1er"},"more":{"a":[1,null]},"gone":null}}"#,
                #"{"external_id":"u2","tags":["a;b","c"],"attributes":{"tier":1e2,"points":-0.5,"vip":"no","zip":"75011"}}"#,
                #"{"external_id":"u3","location":{"lat":1,"lon":2},"attributes":{"tier":"say\n\"hi\"","points":"12a","vip":false,"zip":"12345678901234567890","address":{"city":"Lyon"},"more":"x"}}"#,
                #"{"external_id":"u4","attributes":{"tier":"12345678901234567890","points":"007","vip":"+5","more":[]}}"#,
            ]),
        Pair(kind: "subscriptions", csv: """
            profile,channel,account,address,opt_in,consent.source,consent.at,consent.topics,consent.evidence.page,app_version,os
            u1,sms,sms-fr,+33611223344,true,crm,2025-03-01T09:00:00Z,news;offers,12,5.10,
            u2,sms,sms-fr,+33611223345,False,crm,,,,,iOS 18
            u4,sms,sms-fr,+33611223346,,,,,,,
            """, lines: [
                #"{"profile":"u1","channel":"sms","account":"sms-fr","address":"+33611223344","opt_in":true,"consent":{"source":"crm","at":"2025-03-01T09:00:00Z","topics":["news","offers"],"evidence":{"page":12}},"app_version":"5.10"}"#,
                #"{"profile":"u2","channel":"sms","account":"sms-fr","address":"+33611223345","opt_in":false,"consent":{"source":"crm"},"os":"iOS 18"}"#,
                #"{"profile":"u4","channel":"sms","account":"sms-fr","address":"+33611223346"}"#,
            ]),
        Pair(kind: "subscriptions", csv: """
            profile,channel,account,address.endpoint,address.keys.p256dh,address.keys.auth,opt_in
            u1,webpush,web,https://push.example.net/x,BKey,secret,true
            """, lines: [
                #"{"profile":"u1","channel":"webpush","account":"web","address":{"endpoint":"https://push.example.net/x","keys":{"p256dh":"BKey","auth":"secret"}},"opt_in":true}"#,
            ]),
        Pair(kind: "events", csv: #"""
            id,profile,name,at,properties
            e1,u1,purchase,,"{""amount"":39.9,""product"":""sku-1""}"
            e2,u2,visit,,
            """#, lines: [
                #"{"id":"e1","profile":"u1","name":"purchase","properties":{"amount":39.9,"product":"sku-1"}}"#,
                #"{"id":"e2","profile":"u2","name":"visit"}"#,
            ]),
    ]

    @Test(arguments: pairs) func `stores the same as the same data in lines of JSON`(_ pair: Pair) async throws {
        var stored: [[String]] = []
        for (body, headers) in [(pair.csv, Self.csv), (pair.lines.joined(separator: "\n"), Self.ndjson)] {
            try await TestServer.run { server in
                let reply = try await server.send("POST", "/v1/imports?kind=\(pair.kind)&create_profiles=true", body, headers: headers)
                #expect(reply.status == 200 && reply.json["state"] == "finished", "\(reply.text)")
                #expect(reply.json["accepted"] == .init(pair.lines.count) && reply.json["rejected"] == 0, "\(reply.text)")
                var exports: [String] = []
                for id in ["u1", "u2", "u3", "u4"] { exports.append(try await server.send("GET", "/v1/profiles/\(id)/export").text) }
                stored.append(exports)
            }
        }
        // Request ids are all that may differ.
        let bare = stored.map { exports in exports.map { $0.split(separator: "\"request_id\"").first.map(String.init) } }
        #expect(bare[0] == bare[1])
        #expect(stored[0][0].contains("\"u1\""))
    }

    @Test func `errors name the line on which the record starts and the column`() async throws {
        try await TestServer.run { server in
            let table = """
                external_id,country,location.lat,location.lon,attributes.n:number,attributes.text
                ok,FR,,,1,"two
                lines"
                a,fr,,,,
                b,,north,2,x,
                ,FR,,,,

                c,FR,1,2,3
                d,FR,,,,"unclosed, but
                closed here"
                e,,,,,"\(String(repeating: "x", count: 262_144))"
                """
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", table, headers: Self.csv)
            #expect(reply.status == 200 && reply.json["lines"] == 7 && reply.json["accepted"] == 2, "\(reply.text)")
            let errors = (reply.json["errors"]?.array ?? []).map { "\($0["line"]?.int ?? 0) \($0["pointer"]?.string ?? "") \($0["code"]?.string ?? "")" }
            #expect(errors == [
                "4 /country invalid_value", "5 /location/lat wrong_type", "5 /attributes/n wrong_type", "6 /external_id missing",
                "8  wrong_field_count", "11  too_long",
            ])
        }
    }

    @Test(arguments: [
        ("external_id,tagz", ["/tagz unknown_column is not a column of profiles; did you mean \"tags\"?"]),
        ("external_id,tier", ["/tier unknown_column is not a column of profiles; a column of your own is named attributes.…"]),
        ("external_id,tags,tags,country", ["/tags duplicate_column is there twice, whole or in part"]),
        ("external_id,attributes.a,attributes.a:text", ["/attributes/a duplicate_column is there twice, whole or in part"]),
        ("external_id,attributes.a.b,attributes.a", ["/attributes/a duplicate_column is there twice, whole or in part"]),
        ("external_id,attributes,attributes.a", ["/attributes/a duplicate_column is there twice, whole or in part"]),
        ("external_id,location.lat.x", ["/location/lat/x unknown_column is not a column of profiles; did you mean \"location.lat\"?"]),
        ("external_id,attributes.", ["/attributes/ unknown_column is not a column of profiles; did you mean \"attributes\"?"]),
        ("external_id,attributes.a.b.c.d.e.f.g.h", ["/attributes/a/b/c/d/e/f/g unknown_column is not a column of profiles; a column of your own is named attributes.…"]),
        ("tags,,external_Id", [
            " unknown_column has no name for column 2: name it or leave it out",
            "/external_Id unknown_column is not a column of profiles; did you mean \"external_id\"?",
            "/external_id missing_column is required as a column",
        ]),
        ("external_id;tags", [
            "/external_id;tags unknown_column is the whole header: fields must be separated by commas",
            "/external_id missing_column is required as a column",
        ]),
        ("", ["/external_id missing_column is required as a column"]),
    ])
    func `a header that cannot be is refused before any line is stored`(header: String, problems: [String]) async throws {
        try await TestServer.run { server in
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", header.isEmpty ? "" : header + "\nu1,a,b\n", headers: Self.csv)
            #expect(reply.status == 422 && reply.code == "invalid_value", "\(reply.text)")
            let errors = (reply.json["errors"]?.array ?? []).map { "\($0["pointer"]?.string ?? "") \($0["code"]?.string ?? "") \($0["detail"]?.string ?? "")" }
            #expect(errors == problems)
            #expect(try await server.send("GET", "/v1/imports/imp_1").status == 404)
            #expect(try await server.send("GET", "/v1/profiles/u1").status == 404)
        }
    }

    @Test func `a header that cannot be read is refused too, and one without records is an import of nothing`() async throws {
        try await TestServer.run { server in
            for header in ["external_id,ta\"gs\n", "external_id,\"tags", String(repeating: ",", count: 1_000)] {
                let reply = try await server.send("POST", "/v1/imports?kind=profiles", header, headers: Self.csv)
                #expect(reply.status == 400 && reply.code == "invalid_csv", "\(reply.text)")
            }
            #expect(try await server.send("GET", "/v1/imports/imp_1").status == 404)
            let nothing = try await server.send("POST", "/v1/imports?kind=profiles", "external_id", headers: Self.csv)
            #expect(nothing.status == 200 && nothing.json["lines"] == 0 && nothing.json["state"] == "finished")
        }
    }

    @Test func `a quote out of place ends the import, and what came before is in`() async throws {
        try await TestServer.run { server in
            let lines = (1...700).map { "u\($0)," }
            let table = "external_id,tags\n" + lines.joined(separator: "\n") + "\nu701,a\"b\nu702,\n"
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", table, headers: Self.csv)
            #expect(reply.status == 400 && reply.code == "invalid_csv", "\(reply.text)")
            #expect(reply.json["detail"]?.string?.hasPrefix("Nothing was read from line 702 on: a quote stands inside a field without quotes on line 702") == true)
            let job = try await server.send("GET", "/v1/imports/imp_1").json
            #expect(job["state"] == "failed" && job["accepted"] == 700 && job["rejected"] == 1)
            #expect(job["errors"]?.array?.map { $0["line"] } == [702])
            #expect(try await server.send("GET", "/v1/profiles/u700").status == 200)
            #expect(try await server.send("GET", "/v1/profiles/u702").status == 404)
        }
    }

    @Test func `values in cells hold no more than in a line of JSON`() async throws {
        try await TestServer.run { server in
            let deep = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
            let many = "[" + Array(repeating: "1", count: 5_500).joined(separator: ",") + "]"
            let table = "external_id,attributes.a:json,attributes.b:json\nu1,\(deep),\nu2,\"\(many)\",\nu3,{,\nu4,\(deep.dropFirst(2).dropLast(2)),\n"
            let reply = try await server.send("POST", "/v1/imports?kind=profiles", table, headers: Self.csv)
            let errors = (reply.json["errors"]?.array ?? []).map { "\($0["line"]?.int ?? 0) \($0["pointer"]?.string ?? "") \($0["code"]?.string ?? "")" }
            #expect(errors == ["2 /attributes/a invalid_json", "3 /attributes/a invalid_json", "4 /attributes/a invalid_json"] && reply.json["accepted"] == 1)
            let found = try await server.send("GET", "/v1/profiles/u4")
            #expect(found.text.contains("[[[[["), "\(found.text)")
        }
    }
}
