import Foundation
import Testing

/// Bytes that a server could read in two ways, or ought to refuse, and what it may do with them.
///
/// The tables are `Hostile/<category>.json`. Paths are those of `withServer`: `/` answers GET, `/echo` reads
/// and returns what is posted, there is no `/none`.
struct HostileCase: Decodable, Sendable, CustomTestStringConvertible {
    enum Afterwards: String, Decodable, Sendable {
        /// The connection must end.
        case close
        /// The connection must go on, and the next request must be found where it is.
        case keep
        /// It may end; if it goes on, the next request must be found where it is.
        case either
    }

    /// A piece of text, each scalar up to U+00FF one byte, and how often it is sent.
    struct Piece: Decodable, Sendable {
        let bytes: [UInt8]
        let times: Int

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            let text = try container.decode(String.self)
            bytes = try text.unicodeScalars.map { scalar in
                guard let byte = UInt8(exactly: scalar.value) else {
                    throw DecodingError.dataCorruptedError(in: container, debugDescription: "a scalar above U+00FF")
                }
                return byte
            }
            times = try container.decode(Int.self)
        }
    }

    let name: String
    /// The section of an RFC, the class of bugs, or our own limit that is tried.
    let why: String
    let send: [Piece]
    /// What the status of the first final answer may be.
    let answers: [Int]
    let after: Afterwards
    /// More final answers than this mean that something was smuggled.
    let most: Int
    /// Final answers there must be, 1 unless given.
    let least: Int?
    /// Whether the sender then shuts its half.
    let halfClose: Bool?
    /// False if no 100 (Continue) may come.
    let interim: Bool?

    var bytes: [UInt8] { send.flatMap { piece in (0..<piece.times).flatMap { _ in piece.bytes } } }
    var testDescription: String { name }

    static let categories = [
        "request-line", "header", "host", "content-length", "transfer-encoding", "chunked", "connection", "valid",
    ]

    static func all(_ category: String) throws -> [HostileCase] {
        let url = try #require(Bundle.module.url(forResource: category, withExtension: "json", subdirectory: "Hostile"))
        return try JSONDecoder().decode([HostileCase].self, from: Data(contentsOf: url))
    }
}
