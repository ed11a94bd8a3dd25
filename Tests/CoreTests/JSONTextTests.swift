import Core
import Testing

/// The table of texts, whole and cut off at every length.
@Suite struct JSONTextTests {
    static func isAccepted(_ bytes: [UInt8]) -> Bool {
        do throws(JSONError) {
            _ = try JSONValue(parsing: bytes)
            return true
        } catch {
            return false
        }
    }

    @Test func `the table is as large as it says`() {
        #expect(Set(JSONTextTable.accepted.map { Array($0.utf8) }).count == JSONTextTable.accepted.count && JSONTextTable.accepted.count >= 95)
        #expect(Set(JSONTextTable.refused).count == JSONTextTable.refused.count && JSONTextTable.refused.count >= 188)
    }

    @Test(arguments: JSONTextTable.accepted) func `takes what is well-formed, and what it writes of it`(text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try JSONValue(parsing: value.bytes) == value)
    }

    /// The brackets make a cut number incomplete too.
    @Test(arguments: JSONTextTable.accepted) func `refuses a text that is cut off, wherever`(text: String) {
        let whole = Array("[\(text)]".utf8)
        #expect(JSONTextTests.isAccepted(whole))
        for length in whole.indices { #expect(!JSONTextTests.isAccepted(Array(whole[..<length])), "\(length) bytes") }
    }

    @Test func `refuses what is no JSON`() {
        for bytes in JSONTextTable.refused { #expect(!JSONTextTests.isAccepted(bytes), "\(bytes): \(String(decoding: bytes, as: UTF8.self))") }
    }

    @Test func `decides what the RFC leaves open`() {
        for (bytes, isAccepted, reason) in JSONTextTable.decided {
            #expect(JSONTextTests.isAccepted(bytes) == isAccepted, "\(reason): \(String(decoding: bytes.prefix(64), as: UTF8.self))")
        }
    }

    @Test func `no text traps, wherever it is cut off`() {
        for bytes in JSONTextTable.refused + JSONTextTable.decided.map(\.bytes) {
            for length in 0..<min(bytes.count, 256) { _ = JSONTextTests.isAccepted(Array(bytes[..<length])) }
        }
    }

    @Test func `time grows with the size alone`() throws {
        // Quadratic work on any of these would take minutes.
        let names = (0..<10_000).map { "\"name\($0)\":0" }.joined(separator: ",")
        #expect(JSONTextTests.isAccepted(Array("{\(names)}".utf8)))
        #expect(!JSONTextTests.isAccepted(Array("{\(names),\"x\":0}".utf8)))
        let escapes = "\"" + String(repeating: "\\u0061\\n", count: 200_000) + "\""
        #expect(try JSONValue(parsing: Array(escapes.utf8)).string?.utf8.count == 400_000)
        #expect(!JSONTextTests.isAccepted(Array(String(repeating: "\\\"", count: 400_000).utf8)))
        #expect(JSONTextTests.isAccepted(Array(("0." + String(repeating: "1", count: 400_000)).utf8)))
    }
}
