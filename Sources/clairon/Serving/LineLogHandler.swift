import Core
import Glibc
import Logging

/// Writes each log message as one line to standard error: `time level event key=value …`. Values are quoted and escaped
/// as JSON where they hold anything but plain characters, so that no input can forge a line.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = "\(now()) \(event.level.rawValue) \(LineLogHandler.word("\(event.message)"))"
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(LineLogHandler.word("\(value)"))"
        }
        line += "\n"
        var bytes = line
        bytes.withUTF8 { buffer in
            // A full or closed pipe must not stop the server: the line is dropped.
            _ = Glibc.write(2, buffer.baseAddress, buffer.count)
        }
    }

    private func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    static func word(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\\")
        }
        guard !isPlain else { return text }
        var out: [UInt8] = []
        JSONValue.write(string: text, into: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
