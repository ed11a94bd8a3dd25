import API
import Core
import HTTPServer
import Linux
import Storage
import Testing

/// Every endpoint of the table with every kind of key: what is expected follows from the endpoint's `access` alone.
@Suite struct ScopeMatrixTests {
    @Test func `every endpoint takes the keys it names and no other`() async throws {
        try await CampaignServer.run { server in
            let app = try await server.store.write { try KeyToken.create(name: "app", kind: .app, scopes: [], in: $0).text }
            var keys: [(scope: Scope, text: String)] = []
            for scope in Scope.allCases { keys.append((scope, try await server.key([scope]))) }
            let expired = try await server.store.write { transaction in
                try KeyToken.create(name: "old", kind: .server, scopes: Scope.allCases, expiresAt: transaction.now + .seconds(1), in: transaction).text
            }
            let revoked = try await server.store.write { transaction in
                let created = try KeyToken.create(name: "gone", kind: .server, scopes: Scope.allCases, in: transaction)
                _ = try transaction.revoke(key: created.row.id)
                return created.text
            }
            server.time.advance(milliseconds: 2_000)

            var calls = 0
            for endpoint in server.api.endpoints {
                let (method, target) = (endpoint.method.name, ScopeMatrixTests.target(endpoint))
                func status(_ key: String?) async throws -> Int {
                    calls += 1
                    return try await server.send(method, target, key: .some(key)).status
                }
                let scopes: [Scope]
                let takesApp: Bool
                switch endpoint.access {
                case .open:
                    // What is open asks for no key, and looks at none.
                    for key in [nil, revoked, app] as [String?] {
                        let got = try await status(key)
                        #expect(got != 401, "\(method) \(target)")
                    }
                    continue
                case .server(let needed): (scopes, takesApp) = (needed, false)
                case .serverOrApp(let needed): (scopes, takesApp) = ([needed], true)
                }
                for (scope, key) in keys {
                    let got = try await status(key)
                    #expect(got != 401 && (got == 403) == !scopes.contains(scope), "\(method) \(target) with \(scope.rawValue): \(got)")
                }
                let ofApp = try await status(app)
                #expect((ofApp == 403) == !takesApp, "\(method) \(target) with an app key")
                for key in [nil, revoked, expired, "clr_1_x"] as [String?] {
                    let got = try await status(key)
                    #expect(got == 401, "\(method) \(target): \(got)")
                }
            }
            #expect(calls >= 700, "\(calls) calls")
        }
    }

    @Test func `what is not there is 404 to a key with every scope, and stays not there`() async throws {
        try await CampaignServer.run { server in
            for endpoint in server.api.endpoints where endpoint.template.contains("{id}") || endpoint.template.contains("{account}") {
                let target = ScopeMatrixTests.target(endpoint)
                for name in [target, target.replacing("999", with: "9223372036854775807"), target.replacing("999", with: "x"), target.replacing("999", with: "0")] {
                    // A body that is right where one is needed: what is missing is the resource alone.
                    let reply = try await server.send(endpoint.method.name, name, ScopeMatrixTests.body(endpoint), once: "k\(name)")
                    #expect(reply.status == 404 && reply.code == "not_found", "\(endpoint.method.name) \(name): \(reply.text)")
                }
            }
        }
    }

    private static func target(_ endpoint: Endpoint) -> String {
        let prefixes = ["/v1/subscriptions": "sub", "/v1/segments": "seg", "/v1/campaigns": "cmp", "/v1/keys": "key", "/v1/imports": "imp",
                        "/v1/messages": "msg", "/v1/webhooks": "whk"]
        let prefix = prefixes.first { endpoint.template.hasPrefix($0.key) }?.value ?? "row"
        return endpoint.template.replacing("{external_id}", with: "nobody").replacing("{id}", with: "\(prefix)_999")
            .replacing("{account}", with: "none").replacing("{name}", with: "none")
            .replacing("{delivery}", with: "whd_999")
    }

    private static func body(_ endpoint: Endpoint) -> String? {
        switch (endpoint.method, endpoint.template) {
        case (.PUT, "/v1/segments/{id}"): #"{"name":"a","condition":{"all":true}}"#
        case (.PATCH, "/v1/campaigns/{id}"): #"{"name":"a"}"#
        case (.PATCH, "/v1/webhooks/{id}"): #"{"enabled":false}"#
        case (.POST, "/v1/campaigns/{id}/schedule"): #"{"at":"2099-01-01T00:00:00Z"}"#
        case (.POST, "/v1/campaigns/{id}/resolve"), (.POST, "/v1/messages/{id}/resolve"): #"{"outcome":"accepted"}"#
        case (.POST, "/v1/campaigns/{id}/test"): #"{"profiles":["u1"]}"#
        default: endpoint.method == .POST && endpoint.template.hasPrefix("/v1/") ? "{}" : nil
        }
    }
}
