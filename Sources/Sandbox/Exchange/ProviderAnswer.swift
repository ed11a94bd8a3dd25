package import Core

/// What a simulated provider answers.
package struct ProviderAnswer: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String
    }

    package var status: Int
    package var headers: [Header]
    package var body: [UInt8]

    package init(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers.map { Header(name: $0.0, value: $0.1) }
        self.body = body
    }

    package init(_ status: Int, headers: [(String, String)] = [], json: JSONValue) {
        self.init(status, headers: [("Content-Type", "application/json; charset=utf-8")] + headers, body: json.bytes)
    }

    package init(_ status: Int, headers: [(String, String)] = [], text: String) {
        self.init(status, headers: [("Content-Type", "text/plain; charset=utf-8")] + headers, body: Array(text.utf8))
    }

    package var isSuccess: Bool { (200...299).contains(status) }

    package func header(_ name: String) -> String? {
        headers.first { $0.name.asciiLowercased == name.asciiLowercased }?.value
    }
}
