import Core
import Foundation
import Testing

/// Python's csv module, which was written by others, reads the same from sound texts.
@Suite struct CSVJudgeTests {
    private static let script = """
        import csv, io, json, sys
        for line in sys.stdin:
            text = json.loads(line)
            rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            print(json.dumps([row for row in rows if row], separators=(",", ":"), ensure_ascii=False))
        """

    @Test func `agrees with Python's csv module on sound texts`() throws {
        var random = Seeded(state: 7)
        var texts = CSVReaderTests.sound.map { String(decoding: $0.text, as: UTF8.self) }.filter { !$0.hasPrefix("\u{FEFF}") }
        let pieces = ["a", "é", "🎉", " ", "\"\"", "\"a\"", "\"\"\"\"", "\",\"", "\"\n\"", "\"\r\n\"", "\"\r\"", "\"x\"\"y\"", "\"é\n,\"\"\"", "00", "\t", "'"]
        for _ in 0..<2_000 {
            let width = Int.random(in: 1...4, using: &random)
            let records = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<width).map { _ in Bool.random(using: &random) ? pieces.randomElement(using: &random)! : "" }.joined(separator: ",")
            }
            texts.append(records.joined(separator: Bool.random(using: &random) ? "\r\n" : "\n"))
        }
        let ours = texts.map { text -> JSONValue in
            var reader = CSVReader(maxRecordBytes: 10_000)
            let items = reader.read(Array(text.utf8)) + [reader.finish()].compactMap(\.self)
            return .array(items.compactMap { item in
                guard case .record(let record) = item else { return nil }
                return .array(record.fields.map(JSONValue.string))
            })
        }
        let theirs = try Self.judge(texts)
        #expect(theirs.count == texts.count)
        for (text, (ours, theirs)) in zip(texts, zip(ours, theirs)) {
            // Records that are not as wide as the first are theirs alone.
            let width = theirs.array?.first?.array?.count
            let kept = (theirs.array ?? []).filter { $0.array?.count == width }
            #expect(ours == .array(kept), "\(JSONValue.string(text).text)")
        }
    }

    private static func judge(_ texts: [String]) throws -> [JSONValue] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-X", "utf8", "-c", script]
        let input = FileManager.default.temporaryDirectory.appending(path: "clairon-csv-\(UUID().uuidString)")
        try Data(texts.map { JSONValue.string($0).text + "\n" }.joined().utf8).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try bytes.split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: Array($0)) }
    }
}

/// The same texts in every run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
