import Core
import Linux

/// What an operator must see of the API: one line to standard error, in the form of all other lines of the log.
enum OperatorLog {
    /// - Parameter fields: ids and reasons, never addresses, texts or keys.
    static func write(_ event: String, level: String = "warning", _ fields: [(name: String, value: String)],
                      to sink: LogSink = .standardError) {
        let now = Timestamp(milliseconds: SystemTime().wallMilliseconds)
        sink.write(LogLine(event, fields, level: level, at: now).bytes) { lost in
            LogLine("log_lines_dropped", [("count", "\(lost)")], level: "warning", at: now).bytes
        }
    }
}
