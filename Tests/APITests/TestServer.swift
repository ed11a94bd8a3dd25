import API
import Core
import Foundation
import HTTPServer
import Linux
import Storage
import Testing

/// A whole server of its own for one test: a store in a temporary folder, behind a socket on a port the system picked.
final class TestServer: Sendable {
    let store: Store
    let context: APIContext
    let api: API
    let time = ManualTime()
    let port: Int
    /// A key with every scope.
    let key: String
    private let path: String
    private let server: Server
    private let schemas: SchemaCheck

    static let accounts = [
        Account(name: "ios-main", channel: .apns), Account(name: "android-main", channel: .fcm), Account(name: "web", channel: .webpush),
        Account(name: "web-lab", channel: .webpush), Account(name: "sms-fr", channel: .sms),
    ]

    /// Tests are wrong more often than a client may be.
    static let limits: AccessLimits = {
        var limits = AccessLimits()
        limits.failuresPerMinute = 0
        return limits
    }()

    init(adding groups: [RouteGroup] = [], limits: AccessLimits = TestServer.limits, maxPendingBytes: Int = 64 << 20,
         maxWaitingImportBytes: Int = 256 << 20) throws {
        path = NSTemporaryDirectory() + "clairon-api-" + UUID().uuidString
        store = try Store(folder: DataFolder(path: path), accounts: TestServer.accounts, maxPendingBytes: maxPendingBytes, time: time)
        context = try APIContext(store: store, channelRules: [HexRules(), TokenRules(), EndpointRules(), PhoneRules()],
                                 privateEndpointAccounts: ["web-lab"], maxBodyBytes: 65_536, maxWaitingImportBytes: maxWaitingImportBytes, limits: limits)
        api = API(context, adding: groups)
        schemas = SchemaCheck(document: try JSONValue(parsing: api.document))
        server = try Server(ServerConfiguration(), router: api.router)
        port = try server.start()
        try context.imports.start(context)
        key = try store.writeNow { try KeyToken.create(name: "all", kind: .server, scopes: Scope.allCases, in: $0).text }
    }

    /// Runs `body` against a new server and ends it, whatever happens.
    static func run(adding groups: [RouteGroup] = [], limits: AccessLimits = TestServer.limits, maxPendingBytes: Int = 64 << 20,
                    maxWaitingImportBytes: Int = 256 << 20, _ body: (TestServer) async throws -> Void) async throws {
        let server = try TestServer(adding: groups, limits: limits, maxPendingBytes: maxPendingBytes, maxWaitingImportBytes: maxWaitingImportBytes)
        do {
            try await body(server)
            try await server.stop()
        } catch {
            try await server.stop()
            throw error
        }
    }

    private func stop() async throws {
        await server.drain()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [server] in
                server.join()
                continuation.resume()
            }
        }
        await context.imports.stop()
        try store.close()
        try FileManager.default.removeItem(atPath: path)
    }

    func key(_ scopes: [Scope]) async throws -> String {
        try await store.write { try KeyToken.create(name: "some", kind: .server, scopes: scopes, in: $0).text }
    }

    func appKey(requiresIdentity: Bool = false) async throws -> CreatedKey {
        try await store.write { try KeyToken.create(name: "app", kind: .app, scopes: [], requiresIdentity: requiresIdentity, in: $0) }
    }

    /// One request on a connection of its own. Whatever the test is about, the answer must be as the document says.
    ///
    /// - Parameters:
    ///   - key: nil sends no `Authorization`; absent sends the key with every scope.
    ///   - isChunked: the body has the chunked coding already.
    func send(_ method: String, _ target: String, _ json: String? = nil, key: String?? = .none, headers: [(String, String)] = [],
              isChunked: Bool = false) async throws -> Reply {
        var headers = headers
        if let key = key ?? self.key { headers.append(("authorization", "Bearer \(key)")) }
        if json != nil, !headers.contains(where: { $0.0 == "content-type" }) { headers.append(("content-type", "application/json")) }
        var text = "\(method) \(target) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        if isChunked { text += "transfer-encoding: chunked\r\n" } else if let json { text += "content-length: \(json.utf8.count)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        let bytes = Array((text + "\r\n" + (json ?? "")).utf8)
        let port = port
        let reply = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try Reply(Loopback.exchange(bytes, port: port)) }) }
        }
        if let template = api.template(of: target, method) {
            let problems = schemas.problems(reply, to: method, template)
            #expect(problems.isEmpty, "\(method) \(target)")
        }
        return reply
    }
}

/// Reads device tokens.
private struct HexRules: ChannelRules {
    let channel = Channel.apns

    func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard let token = value.string, token.utf8.count >= 8, token.utf8.count <= 200, token.utf8.allSatisfy({ $0.hexDigit != nil }) else {
            errors.add(pointer, "invalid_value", "must be a device token in hexadecimal")
            return nil
        }
        return .apns(token: token.asciiLowercased)
    }

    func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {}
}

private struct TokenRules: ChannelRules {
    let channel = Channel.fcm

    func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard let token = value.string, !token.isEmpty else {
            errors.add(pointer, "invalid_value", "must be a registration token")
            return nil
        }
        return .fcm(token: token)
    }

    func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {}
}

private struct PhoneRules: ChannelRules {
    let channel = Channel.sms

    func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard let number = value.string.flatMap(PhoneNumber.init(e164:)) else {
            errors.add(pointer, "invalid_value", "must be a phone number in E.164 such as +33611223344")
            return nil
        }
        return .sms(number)
    }

    func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {}
}

private struct EndpointRules: ChannelRules {
    let channel = Channel.webpush

    func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard var reader = ObjectReader(value, at: pointer, errors: errors) else { return nil }
        defer { reader.finish() }
        let endpoint = reader.requiredString("endpoint", maxBytes: 2_048)
        guard var keys = reader.reader("keys") else { return reader.has("keys") ? nil : reader.missing("keys") }
        defer { keys.finish() }
        guard let endpoint, let p256dh = keys.requiredString("p256dh"), let auth = keys.requiredString("auth") else { return nil }
        return .webpush(endpoint: endpoint, p256dh: p256dh, auth: auth)
    }

    func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {}
}
