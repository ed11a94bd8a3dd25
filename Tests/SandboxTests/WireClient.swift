import Core
import Glibc
import Linux

/// One request over a socket of its own, on a thread of its own: tests must not block the threads that tasks run on.
enum WireClient {
    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        func header(_ lowercaseName: String) -> String? { headers.first { $0.name == lowercaseName }?.value }
        var json: JSONValue? { try? JSONValue(parsing: body) }
    }

    /// - Returns: nil when the connection ended before a whole answer.
    static func send(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [], port: Int
    ) async throws -> Answer? {
        let (answer, thread) = try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<(Answer?, Thread), any Error>) in
            let handle = Lock<Thread?>(nil)
            do {
                let thread = try Thread.start(named: "wire-client") {
                    let answer = exchange(method, target, headers, body, port)
                    // Set right after the start: the thread cannot be joined before it is known.
                    while true {
                        if let thread = handle.withLock({ $0 }) { return continuation.resume(returning: (answer, thread)) }
                        sched_yield()
                    }
                }
                handle.withLock { $0 = thread }
            } catch { continuation.resume(throwing: error) }
        }
        thread.join()
        return answer
    }

    private static func exchange(
        _ method: String, _ target: String, _ headers: [(name: String, value: String)], _ body: [UInt8], _ port: Int
    ) -> Answer? {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        guard isConnected else { return nil }
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\nContent-Length: \(body.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + body
        guard bytes.withUnsafeBytes({ Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) == bytes.count else { return nil }
        var received: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &piece, piece.count, 0)
            guard count > 0 else { break }
            received += piece[..<count]
        }
        return parse(received)
    }

    private static func parse(_ bytes: [UInt8]) -> Answer? {
        guard let end = (0..<max(0, bytes.count - 3)).first(where: { Array(bytes[$0..<($0 + 4)]) == [13, 10, 13, 10] }) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first?.decimal else { return nil }
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (parts[0].asciiLowercased, String(parts[1].drop { $0 == " " })) : nil
        }
        return Answer(status: Int(status), headers: headers, body: Array(bytes[(end + 4)...]))
    }
}
