import Core
import HTTPServer
import OpenSSL
import Storage

extension RouteGroup {
    /// What was changed, and by which key: `/v1/audit`.
    static let audit = RouteGroup("audit", [
        Endpoint(.GET, "/v1/audit", .server(.keysAdmin),
                 "The changes that marketers and administrators made, newest first. Nothing of it can be changed or deleted.",
                 query: [
                    .init("actor", "Only changes of that key (`key_3`), or of `command`."),
                    .init("action", "Only changes of that kind.", schema: auditWords),
                    .init("object", "Only changes of that row (`cmp_7`)."),
                 ] + Page.parameters,
                 results: [(200, .schema("AuditList"))]) { call in
            let query = try call.query()
            let page = try query.page()
            let filter = AuditFilter(actor: query["actor"], action: try query.choice("action", of: AuditAction.self)?.rawValue, object: query["object"])
            let rows = try await call.store.read { try $0.audit(matching: filter, before: page.position, limit: page.limit + 1) }
            return page.answer(rows.map { ($0.id, $0.json) })
        },
    ], schemas: [
        "AuditEntry": #"""
            {"type":"object","additionalProperties":false,"required":["id","at","actor","action","object","before","after","request_id","hash"],"properties":{
             "id":{"type":"integer","description":"1, 2, 3 … without gaps."},"at":{"type":"string","format":"date-time"},
             "actor":{"type":"string","description":"The id of a key, or `command` for the command line."},"action":\#(auditWords),
             "object":{"type":"string","description":"The id of a row; a person is a keyed hash."},
             "before":{"type":["string","null"],"description":"SHA-256 in hexadecimal of what the row said."},"after":{"type":["string","null"]},
             "request_id":{"type":["string","null"]},
             "hash":{"type":"string","description":"SHA-256 of the hash before and this row."}}}
            """#,
        "AuditList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"$ref":"#/components/schemas/AuditEntry"}},"next_cursor":{"type":["string","null"]}}}
            """#,
    ])

    private static let auditWords = #"{"enum":[\#(AuditAction.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ","))]}"#
}

extension AuditRow {
    fileprivate var json: JSONValue {
        [
            "id": .int(id), "at": JSONValue(at), "actor": .string(actor), "action": .string(action), "object": .string(object),
            "before": JSONValue(before.map { Hex.encode($0) }), "after": JSONValue(after.map { Hex.encode($0) }),
            "request_id": JSONValue(request), "hash": .string(Hex.encode(hash)),
        ]
    }
}
