import Core
import Glibc
import Testing

/// Another implementation, in Python, that has its say about what ours wrote. Lives in `.build/judges`.
enum WebPushJudge {
    struct Missing: Error, CustomStringConvertible {
        let python: String
        var description: String { "no \(python): `make test` sets it up (or run scripts/setup-judges)" }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The lines that `script` prints for `cases`, one JSON line each.
    static func verdicts(of script: String, on cases: [JSONValue]) throws -> [String] {
        let tests = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let root = "/" + tests.split(separator: "/").dropLast(2).joined(separator: "/")
        let python = root + "/.build/judges/bin/python"
        guard access(python, X_OK) == 0 else { throw Missing(python: python) }

        var path = Array("/tmp/clairon-judge-XXXXXX".utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else { throw Failure(description: "no temporary file") }
        let name = path.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { unlink(name) }
        let input = cases.map(\.text).joined(separator: "\n") + "\n"
        guard let stream = fdopen(file, "w"), fputs(input, stream) >= 0, fclose(stream) == 0 else {
            throw Failure(description: "cannot write \(name)")
        }

        guard let output = popen("'\(python)' '\(tests)/Judges/\(script)' '\(name)' 2>&1", "r") else {
            throw Failure(description: "cannot start \(python)")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, output)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard pclose(output) == 0 else { throw Failure(description: text) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        guard lines.count == cases.count else { throw Failure(description: text) }
        return lines
    }
}
