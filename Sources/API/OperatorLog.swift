import Glibc

/// One line to standard error, for what an operator must see.
enum OperatorLog {
    static func write(_ line: String) {
        let bytes = line.utf8.prefix(2_000).map { $0 < 0x20 ? 0x20 : $0 } + [0x0A]
        // A log that cannot be written has nowhere to be reported.
        _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
