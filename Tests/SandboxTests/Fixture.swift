import Core
import OpenSSL
import Testing

@testable import Sandbox

/// The world that all tables share: making its RSA key takes longer than all of them.
enum Fixture {
    static let now = Timestamp.seconds(1_790_000_000)
    static let origin = "http://127.0.0.1:8089"
    static let world = Result { try SandboxWorld.generate(seed: 42) }
    static let ids = ProviderIDs(seed: 42)

    static func jwt(_ header: JSONValue, _ claims: JSONValue, _ key: P256.SigningKey) throws -> String {
        String(decoding: try JWT.sign(header: header.bytes, claims: claims.bytes, with: key), as: UTF8.self)
    }

    static func jwt(_ header: JSONValue, _ claims: JSONValue, _ key: RSA.SigningKey) throws -> String {
        String(decoding: try JWT.sign(header: header.bytes, claims: claims.bytes, with: key), as: UTF8.self)
    }
}

extension ProviderRequest {
    mutating func set(_ name: String, _ value: String?) {
        headers.removeAll { $0.name == name }
        if let value { headers.append((name, value)) }
    }
}

extension ProviderAnswer {
    var json: JSONValue? { try? JSONValue(parsing: body) }
}

/// One way to deviate from a right request, and what the provider answers to it.
struct Deviation<Answer: Sendable>: Sendable, CustomTestStringConvertible {
    let name: String
    let answer: Answer
    let change: @Sendable (inout ProviderRequest) throws -> Void

    init(_ name: String, _ answer: Answer, _ change: @escaping @Sendable (inout ProviderRequest) throws -> Void) {
        self.name = name
        self.answer = answer
        self.change = change
    }

    var testDescription: String { name }
}

extension JSONValue {
    /// A copy with the member at a path of names replaced, or removed with nil.
    func with(_ path: String..., value: JSONValue?) -> JSONValue { with(path[...], value) }

    private func with(_ path: ArraySlice<String>, _ value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? .null }
        var object = self.object ?? JSONObject()
        object[name] = path.count == 1 ? value : (object[name] ?? .object(JSONObject())).with(path.dropFirst(), value)
        return .object(object)
    }
}
