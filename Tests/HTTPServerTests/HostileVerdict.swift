import Foundation

/// What became of a connection on which a case was sent, judged against what the case allows.
struct HostileVerdict {
    /// The status of each answer, in order, interim ones too.
    var statuses: [Int] = []
    /// Whether the request sent after the case was answered.
    var wentOn = false
    /// Whether the other end closed before the time was out.
    var hasClosed = false
    /// Bytes where a status line was due.
    var isGarbled = false

    /// The path of the request that follows a case, with a status that nothing else answers.
    static let followUp = Array("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
    static let followUpStatus = 299

    /// Reads a whole conversation.
    ///
    /// - Parameter isHead: the first answer has no content.
    init(_ bytes: [UInt8], isHead: Bool, hasClosed: Bool) {
        self.hasClosed = hasClosed
        var index = 0
        var finals = 0
        while index < bytes.count {
            guard let end = Self.endOfHead(bytes, from: index), let status = Self.status(bytes, at: index) else {
                isGarbled = true
                return
            }
            let head = String(decoding: bytes[index..<end], as: UTF8.self).lowercased()
            index = end
            if status == Self.followUpStatus { wentOn = true } else { statuses.append(status) }
            guard status >= 200 else { continue }
            finals += 1
            guard !(isHead && finals == 1), let mark = head.range(of: "content-length: ") else { continue }
            let digits = head[mark.upperBound...].prefix { $0.isNumber }
            index += Int(digits) ?? 0
        }
        isGarbled = index != bytes.count
    }

    /// What is wrong, or nil.
    func complaint(_ test: HostileCase) -> String? {
        let finals = statuses.filter { $0 >= 200 }
        if isGarbled { return "what came is no row of answers: \(statuses)" }
        guard let first = finals.first else { return hasClosed ? "closed without an answer" : "no answer" }
        if !test.answers.contains(first) { return "answered \(first)" }
        if finals.count > test.most { return "smuggled: \(finals)" }
        if finals.count < test.least ?? 1 { return "only \(finals)" }
        if test.interim == false, finals.count < statuses.count { return "an interim answer: \(statuses)" }
        if finals.contains(where: { $0 >= 500 && $0 != 501 && $0 != 505 }) { return "our failure: \(finals)" }
        if !hasClosed { return "left open after \(finals)" }
        switch test.after {
        case .close: return wentOn ? "went on after \(finals)" : nil
        case .keep: return wentOn ? nil : "did not go on after \(finals)"
        case .either: return nil
        }
    }

    private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        var index = start
        while index + 4 <= bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D, bytes[index + 3] == 0x0A {
                return index + 4
            }
            index += 1
        }
        return nil
    }

    private static func status(_ bytes: [UInt8], at start: Int) -> Int? {
        guard bytes.count >= start + 12, bytes[start..<(start + 9)].elementsEqual("HTTP/1.1 ".utf8) else { return nil }
        return Int(String(decoding: bytes[(start + 9)..<(start + 12)], as: UTF8.self))
    }
}
