import Core
import Foundation
import Glibc

/// `scripts/kannel-test-rig` as a child process. Used by one test at a time; every wait ends after 20 seconds.
final class KannelRig {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let sendsmsURL: String
    /// What the rig said about itself when it was up.
    let ready: JSONValue
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffer: [UInt8] = []

    /// - Parameter arguments: as the head of the script documents them.
    init(_ arguments: [String]) throws {
        let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        process.executableURL = scripts.appending(path: "scripts/kannel-test-rig")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let line = KannelRig.line(from: output.fileHandleForReading.fileDescriptor, &buffer)
        guard let ready = line.flatMap({ try? JSONValue(parsing: $0) }), let url = ready["sendsms_url"]?.string else {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
            let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            throw Failure(description: "the Kannel rig did not start: \(words)")
        }
        sendsmsURL = url
        self.ready = ready
    }

    /// The end of its input stops the rig and everything it started.
    func stop() {
        // Closing fails only when it is closed already.
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Lets the operator pass a reply on, in fakesmsc's notation.
    func reply(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Array((line + "\n").utf8))
    }

    /// The next message part that the operator got.
    func received() throws -> JSONValue {
        while let line = KannelRig.line(from: output.fileHandleForReading.fileDescriptor, &buffer) {
            let event = try JSONValue(parsing: line)
            if event["event"]?.string == "received" { return event }
        }
        throw Failure(description: "the operator got nothing")
    }

    /// Sends a request with the curl command, as the engine would with libcurl.
    static func send(_ request: OutboundRequest) throws -> ProviderReply {
        let curl = Process()
        curl.executableURL = URL(filePath: "/usr/bin/curl")
        curl.arguments = ["--silent", "--globoff", "--noproxy", "*", "--max-time", "20", "--write-out", "\n%{http_code}", request.url]
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
        curl.waitUntilExit()
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
        guard let status = String(decoding: bytes[end...].dropFirst(), as: UTF8.self).decimal else {
            throw Failure(description: "curl said \(String(decoding: bytes, as: UTF8.self))")
        }
        return ProviderReply(status: Int(status), body: Array(bytes[..<end]))
    }

    /// Up to the next line end; nil at the end of the stream or after 20 seconds of silence.
    private static func line(from descriptor: Int32, _ buffer: inout [UInt8]) -> [UInt8]? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return Array(buffer[..<end])
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            guard isReadable(descriptor) else { return nil }
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffer += chunk[..<count]
        }
    }

    static func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 20_000) == 1
    }
}

/// A loopback HTTP server that takes one call at a time and answers 200.
final class CallbackListener {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isUp = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isUp else { throw KannelRig.Failure(description: "no loopback port") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The next call, as the server would hand it to a receiver.
    ///
    /// - Parameter answer: the body it is answered with.
    func next(answering answer: String = "") throws -> Callback {
        guard KannelRig.isReadable(descriptor) else { throw KannelRig.Failure(description: "nobody called") }
        let connection = accept(descriptor, nil, nil)
        defer { close(connection) }
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), KannelRig.isReadable(connection) {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { break }
            head += chunk[..<count]
        }
        let reply = Array("HTTP/1.1 200 OK\r\nContent-Length: \(answer.utf8.count)\r\nConnection: close\r\n\r\n\(answer)".utf8)
        _ = reply.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        let words = String(decoding: head, as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count == 3 else { throw KannelRig.Failure(description: "no HTTP") }
        return Callback(method: String(words[0]), url: url + words[1], query: SMSFixtures.query(String(words[1])).map { ($0.key, $0.value) },
                        headers: [], body: [])
    }
}
