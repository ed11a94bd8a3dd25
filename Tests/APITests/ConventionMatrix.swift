import API
import Core
import HTTPServer
import Storage
import Testing

/// A server with one resource of each collection, and how each endpoint is asked for it.
struct ConventionMatrix {
    let server: CampaignServer
    /// By the name of a part of the path and the collection it is in.
    private var names: [String: String] = ["/v1/profiles/{external_id}": "u1", "/hooks/{account}": "page", "/v1/accounts/{name}": "sms-fr"]

    var endpoints: [Endpoint] { server.api.endpoints }

    init(_ server: CampaignServer) async throws {
        self.server = server
        // A stream has an end then.
        server.progress.end()
        _ = try await server.send("PUT", "/v1/profiles/u1", #"{"tags":["vip"]}"#)
        names["/v1/campaigns/{id}"] = try await server.draft()
        names["/v1/subscriptions/{id}"] = try await server.person("u1", phone: "+33612345678").id.description
        names["/v1/messages/{id}"] = try await posted()
        names["/v1/segments/{id}"] = try await made("/v1/segments", #"{"name":"a","condition":{"tag":"vip"}}"#)
        names["/v1/keys/{id}"] = try await made("/v1/keys", #"{"name":"a","scopes":["profiles:read"]}"#)
        let webhook = try await made("/v1/webhooks", #"{"url":"https://example.com/","events":["campaign.finished"]}"#)
        names["/v1/webhooks/{id}"] = webhook
        names["/v1/webhooks/{id}/deliveries/{delivery}"] = try await made("/v1/webhooks/\(webhook)/test", "{}")
        names["/v1/imports/{id}"] = try await made("/v1/imports?kind=profiles", #"{"external_id":"u1"}"#, type: "application/x-ndjson")
    }

    private func posted() async throws -> String {
        let reply = try await server.send("POST", "/v1/messages", MessageRoutesTests.code, once: "matrix-message")
        return try #require(reply.json["id"]?.string, "\(reply.text)")
    }

    private func made(_ target: String, _ body: String, type: String = "application/json") async throws -> String {
        let reply = try await server.send("POST", target, body, headers: [("content-type", type)])
        return try #require(reply.json["id"]?.string, "\(target): \(reply.text)")
    }

    func target(_ endpoint: Endpoint) throws -> String {
        var (place, target) = ("", "")
        for part in endpoint.template.split(separator: "/") {
            place += "/" + part
            target += try "/" + (part.hasPrefix("{") ? #require(names[place], "a resource of \(place) for the matrix") : String(part))
        }
        return target
    }

    /// A body that the endpoint takes: the example of its schema in the document, where it needs one.
    func example(_ endpoint: Endpoint) throws -> String? {
        guard let name = endpoint.body?.types.first?.schema else { return nil }
        let schema = try JSONValue(parsing: server.api.document)["components"]?["schemas"]?[name]
        return name == "NoFields" ? "{}" : try #require(schema?["examples"]?.array?.first?.text, "an example of \(name)")
    }

    /// With what the endpoint needs besides.
    func send(_ endpoint: Endpoint, query: String = "", body: String? = nil, headers: [(String, String)] = []) async throws -> Reply {
        let required = endpoint.body?.isJSON == false ? "kind=profiles" : ""
        let query = [query, query.hasPrefix("kind=") ? "" : required].filter { !$0.isEmpty }.joined(separator: "&")
        return try await server.send(endpoint.method.name, target(endpoint) + (query.isEmpty ? "" : "?" + query), body,
                                     once: endpoint.idempotency == .none ? nil : "matrix", headers: headers)
    }

    /// - Parameters:
    ///   - pointer: what the problem must point to, among others; nil for refusals that point to nothing.
    ///   - detail: what its sentence must be like.
    func expect(_ status: Int, _ pointer: String?, _ endpoint: Endpoint, query: String = "", body: String? = nil, headers: [(String, String)] = [],
                sourceLocation: SourceLocation = #_sourceLocation, detail: (String) -> Bool = { _ in true }) async throws {
        let reply = try await send(endpoint, query: query, body: body, headers: headers)
        let place = "\(endpoint.method.name) \(endpoint.template) \(query) \(headers): \(reply.status) \(reply.text.prefix(400))"
        #expect(reply.status == status && reply.header("content-type") == "application/problem+json", "\(place)", sourceLocation: sourceLocation)
        #expect(pointer.map(reply.pointers.contains) ?? reply.pointers.isEmpty, "\(place)", sourceLocation: sourceLocation)
        #expect(detail(reply.json["detail"]?.string ?? ""), "\(place)", sourceLocation: sourceLocation)
        #expect(reply.header("request-id")?.isEmpty == false && reply.json["request_id"]?.string == reply.header("request-id"), "\(place)",
                sourceLocation: sourceLocation)
    }

    /// Everything that can be read, by path.
    func resources() async throws -> [String: String] {
        var found: [String: String] = [:]
        for endpoint in endpoints where endpoint.method == .GET && endpoint.access != .open { found[endpoint.template] = try await send(endpoint).text }
        return found
    }
}
