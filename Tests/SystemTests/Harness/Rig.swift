import Core
import Glibc
import Linux

/// A script of `scripts/` that runs other people's programs: it says when they are up in one line of JSON, and stops them at
/// the end of its input.
final class Rig {
    /// What the rig said when everything was up.
    let ready: JSONValue
    private let process: ChildProcess
    private var input: Int32

    init(_ script: String, _ arguments: [String], in folder: TemporaryFolder) throws {
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0, pipe.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else { throw Errno.last("pipe") }
        defer { close(pipe[0]) }
        input = pipe[1]
        let process = try ChildProcess(["\(Clairon.root)/scripts/\(script)"] + arguments, log: folder.fresh(script), input: pipe[0])
        self.process = process
        ready = try Poll.until("the words of \(script)", seconds: 60) { () throws -> JSONValue? in
            if let end = process.poll() { throw HTTPClient.Broken(description: "\(script) ended: \(end) \(process.errorText)") }
            return Rig.lines(of: process).first
        }
    }

    deinit {
        guard input >= 0 else { return }
        close(input)
        // It stops what it has started; whoever is not done in time is killed.
        _ = try? process.wait(seconds: 10)
    }

    /// Every line it has said so far.
    var lines: [JSONValue] { Rig.lines(of: process) }

    private static func lines(of process: ChildProcess) -> [JSONValue] {
        let text = process.outputText
        // A last line without its end is still being written.
        let whole = text.utf8.lastIndex(of: UInt8(ascii: "\n")).map { text.utf8[...$0] } ?? text.utf8[text.startIndex..<text.startIndex]
        return whole.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: Array($0)) }
    }

    func write(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        guard Glibc.write(input, bytes, bytes.count) == bytes.count else { throw Errno.last("write") }
    }

    func stop() throws {
        close(input)
        input = -1
        _ = try process.wait()
    }
}
