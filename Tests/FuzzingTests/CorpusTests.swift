import Foundation
import Fuzzing
import Testing

@Suite struct CorpusTests {
    /// An input that once meant trouble, or that leads the fuzzer to a part of the code.
    struct Seed: CustomTestStringConvertible {
        let target: FuzzTarget
        let file: URL
        var testDescription: String { "\(target.rawValue)/\(file.lastPathComponent)" }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    static func seeds(of target: FuzzTarget) throws -> [Seed] {
        let folder = folder.appending(path: target.rawValue)
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).map { Seed(target: target, file: $0) }
    }

    @Test(arguments: FuzzTarget.allCases) func `keeps its promises for the corpus, and for every input cut short`(_ target: FuzzTarget) throws {
        let seeds = try Self.seeds(of: target)
        #expect(!seeds.isEmpty, "no corpus")
        for seed in seeds {
            let bytes = Array(try Data(contentsOf: seed.file))
            target.run(bytes)
            for length in 0..<min(bytes.count, 2_000) { target.run(Array(bytes[..<length])) }
        }
    }
}
