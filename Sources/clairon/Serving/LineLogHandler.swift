import Core
import Linux
import Logging

/// Writes each log message as one line to standard error: `time level event key=value …`.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    var sink = LogSink.standardError

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let now = Timestamp(milliseconds: SystemTime().wallMilliseconds)
        let line = LogLine("\(event.message)", fields.map { ($0.key, "\($0.value)") }, level: event.level.rawValue, at: now)
        sink.write(line.bytes) { lost in
            LogLine("log_lines_dropped", [("count", "\(lost)")], level: "warning", at: now).bytes
        }
    }
}
