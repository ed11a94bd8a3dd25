import API
import Core
import HTTPServer
import Storage
import Testing

/// Every endpoint of the table against every convention of docs/api.md: what is asked of it follows from the endpoint alone, and
/// a refused request changes nothing. Keys and unknown ids are asked of the same table by `ScopeMatrixTests`.
@Suite struct ConventionMatrixTests {
    @Test func `unknown, repeated and malformed parameters of the query are a 400 that names them`() async throws {
        try await Self.run { matrix in
            for endpoint in matrix.endpoints where endpoint.template.hasPrefix("/v1/") {
                try await matrix.expect(400, "?zzz", endpoint, query: "zzz=1")
                for parameter in endpoint.query { try await matrix.expect(400, "?\(parameter.name)", endpoint, query: "\(parameter.name)=a&\(parameter.name)=b") }
                guard endpoint.query.contains(where: { $0.name == "limit" }) else { continue }
                for limit in ["0", "1001", "-1", "1.0", "a", ""] { try await matrix.expect(400, "?limit", endpoint, query: "limit=\(limit)") }
                for cursor in ["", "zzz", "MTo"] { try await matrix.expect(400, "?cursor", endpoint, query: "cursor=\(cursor)") }
            }
        }
    }

    @Test func `a body is JSON as it is documented, and nothing else`() async throws {
        try await Self.run { matrix in
            for endpoint in matrix.endpoints where endpoint.body?.isJSON == true {
                try await matrix.expect(400, "/zzz", endpoint, body: #"{"zzz":1}"#)
                try await matrix.expect(400, "", endpoint, body: "1")
                try await matrix.expect(400, "", endpoint, body: #"{"name":}"#) { $0.contains("at byte 8") }
                try await matrix.expect(400, "", endpoint, body: #"{"name":1,"name":1}"#) { $0.contains("duplicate name") }
                try await matrix.expect(422, "", endpoint, body: #"{"name":9223372036854775808}"#) { $0.contains("64-bit") }
            }
        }
    }

    @Test func `a body of another type, coding or size is refused`() async throws {
        try await Self.run { matrix in
            for endpoint in matrix.endpoints {
                guard let body = endpoint.body else { continue }
                for type in ["text/plain", "application/x-www-form-urlencoded", ""] {
                    try await matrix.expect(415, nil, endpoint, body: "{}", headers: [("content-type", type)])
                }
                for (type, _) in body.types {
                    try await matrix.expect(415, nil, endpoint, body: "{}", headers: [("content-type", "\(type); charset=iso-8859-1")])
                    try await matrix.expect(415, nil, endpoint, body: "{}", headers: [("content-type", type), ("content-encoding", "gzip")])
                }
                let limit = endpoint.bodyLimit(matrix.server.context)
                guard limit <= 1 << 20 else { continue }
                try await matrix.expect(413, nil, endpoint, body: String(repeating: " ", count: limit + 1)) { $0.contains("\(limit) bytes") }
            }
        }
    }

    @Test func `a stale If-Match is a 412, unless the state forbids the change anyhow`() async throws {
        try await Self.run { matrix in
            var stale = 0
            for endpoint in matrix.endpoints where endpoint.takesIfMatch {
                for malformed in ["3", "\"3", "\"1\", \"2\""] { try await matrix.expect(400, "If-Match", endpoint, body: matrix.example(endpoint), headers: [("if-match", malformed)]) }
                let reply = try await matrix.send(endpoint, body: matrix.example(endpoint), headers: [("if-match", "\"999\"")])
                if reply.status == 412 {
                    stale += 1
                } else {
                    #expect(reply.status == 409, "\(endpoint.method.name) \(endpoint.template): \(reply.text)")
                    // Refused without the header too: it is the state.
                    #expect(try await matrix.send(endpoint, body: matrix.example(endpoint)).status == 409)
                }
            }
            #expect(stale >= 6, "\(stale) endpoints told of the version")
        }
    }

    @Test func `other methods are a 405 with those that are there, HEAD is a GET without its body`() async throws {
        try await Self.run { matrix in
            let paths = Dictionary(grouping: matrix.endpoints, by: \.template)
            for (template, endpoints) in paths {
                let methods = Set(endpoints.map(\.method.name))
                let allowed = methods.union(methods.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"]).sorted().joined(separator: ", ")
                let target = try matrix.target(endpoints[0])
                let options = try await matrix.server.send("OPTIONS", target)
                #expect(options.status == 204 && options.header("allow") == allowed && options.body.isEmpty, "\(template)")
                for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] where !methods.contains(method) && !(method == "HEAD" && methods.contains("GET")) {
                    let reply = try await matrix.server.send(method, target)
                    #expect(reply.status == 405 && reply.header("allow") == allowed, "\(method) \(template): \(reply.status)")
                }
                guard methods.contains("GET") else { continue }
                let (get, head) = (try await matrix.server.send("GET", target), try await matrix.server.send("HEAD", target))
                #expect(head.status == get.status && head.body.isEmpty && head.header("content-type") == get.header("content-type"), "\(template)")
            }
        }
    }

    @Test func `every answer names its request, and a problem the same one`() async throws {
        try await Self.run { matrix in
            for endpoint in matrix.endpoints where endpoint.fixed == nil {
                let refused = try await matrix.server.send(endpoint.method.name, matrix.target(endpoint), key: .some(nil))
                #expect(refused.header("request-id")?.isEmpty == false, "\(endpoint.template)")
                if refused.header("content-type") == "application/problem+json" { #expect(refused.json["request_id"]?.string == refused.header("request-id"), "\(endpoint.template)") }
                guard endpoint.method == .GET else { continue }
                let (first, second) = (try await matrix.send(endpoint), try await matrix.send(endpoint))
                #expect(first.header("request-id") != nil && first.header("request-id") != second.header("request-id"), "\(endpoint.template)")
            }
        }
    }

    /// Runs `body` against a server that has one of each resource, and looks at them again afterwards.
    private static func run(_ body: (ConventionMatrix) async throws -> Void) async throws {
        try await CampaignServer.run { server in
            let matrix = try await ConventionMatrix(server)
            let before = try await matrix.resources()
            try await body(matrix)
            let after = try await matrix.resources()
            #expect(after == before, "a refused request changed something")
        }
    }
}
