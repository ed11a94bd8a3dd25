import Foundation
import Testing

/// Bytes that a server must refuse, bound or serve, and how: one entry of `Hostile/*.json`.
struct HostileCase: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    /// Texts and how often each; a character up to U+00FF is one byte.
    private let send: [Part]
    /// What the first final answer may be.
    let status: [Int]
    /// Whether the server must close by itself afterwards.
    let closes: Bool
    /// How many final answers there must be at least and may be at most: one too many is a smuggled request.
    private let answers: [Int]
    /// The sender closes its half at the end, and that is the point.
    private let ends: Bool?
    /// The first request is a HEAD, whose answer has no content.
    private let head: Bool?

    private struct Part: Decodable, Sendable {
        let text: String
        let times: Int

        init(from decoder: any Decoder) throws {
            var part = try decoder.unkeyedContainer()
            text = try part.decode(String.self)
            times = try part.decode(Int.self)
        }
    }

    var testDescription: String { name }
    var bytes: [UInt8] { send.flatMap { part in (0..<part.times).flatMap { _ in part.text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } } } }
    var answerCount: ClosedRange<Int> { answers[0]...answers[1] }
    var endsEarly: Bool { ends ?? false }
    var isHead: Bool { head ?? false }

    static let categories = ["request-line", "header", "host", "content-length", "transfer-encoding", "chunked", "connection", "valid"]

    static func all(_ category: String) throws -> [HostileCase] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Hostile/\(category).json")
        return try JSONDecoder().decode([HostileCase].self, from: Data(contentsOf: file))
    }

    /// What the answers say against it, or nil.
    func fault(_ statuses: [Int]) -> String? {
        if !answerCount.contains(statuses.count) { return "\(statuses.count) answers: \(statuses)" }
        if let first = statuses.first, !status.contains(first) { return "answered with \(first) instead of \(status)" }
        return nil
    }
}
