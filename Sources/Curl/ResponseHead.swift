/// The head of an answer while it comes in: interim answers are dropped, the final one is kept.
struct ResponseHead {
    private(set) var status = 0
    private(set) var headers = ResponseHeaders()
    /// The final status and its header lines have been read.
    private(set) var isComplete = false

    /// Takes one line as libcurl hands it over: the status line, a header, a trailer, or the empty line.
    mutating func read(_ line: UnsafeRawBufferPointer) {
        if !isComplete, line.starts(with: "HTTP/".utf8) {
            status = Self.status(line)
            headers = ResponseHeaders()
        } else if line.first == 0x0D || line.first == 0x0A {
            isComplete = status >= 200
        } else {
            headers.append(line)
        }
    }

    /// The three digits after the first space (RFC 9112 §4); 0 if they are not there.
    private static func status(_ line: UnsafeRawBufferPointer) -> Int {
        guard let space = line.firstIndex(of: 0x20) else { return 0 }
        let digits = line[(space + 1)...].prefix(3)
        guard digits.count == 3, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return 0 }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
