import Core
import Glibc
import Linux

/// `data_dir/admin.sock` (0600): how commands reach the server that owns the folder, so that the database has one writer.
/// One JSON object a line each way, one exchange a connection.
enum AdminSocket {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let maxBytes = 64 << 10

    static func path(in folder: String) -> String { folder + "/admin.sock" }

    /// Asks the server of a folder; nil when none is running there.
    static func ask(_ request: JSONValue, folder: String) throws -> JSONValue? {
        let socket = try makeSocket()
        defer { close(socket) }
        guard try withAddress(path(in: folder), { connect(socket, $0, $1) }) == 0 else {
            guard errno == ENOENT || errno == ECONNREFUSED else { throw Failure(description: "admin.sock: \(String(cString: strerror(errno)))") }
            return nil
        }
        try send(request.bytes + [0x0A], to: socket)
        guard let line = try receiveLine(from: socket), let answer = try? JSONValue(parsing: line) else {
            throw Failure(description: "admin.sock: the server closed without an answer")
        }
        return answer
    }

    /// Serves on a thread of its own until the process ends.
    static func serve(folder: String, answer: @escaping @Sendable (JSONValue) -> JSONValue) throws {
        let path = path(in: folder)
        unlink(path)
        let listener = try makeSocket()
        guard try withAddress(path, { bind(listener, $0, $1) }) == 0, chmod(path, 0o600) == 0, listen(listener, 8) == 0 else {
            close(listener)
            throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
        _ = try Thread.start(named: "admin") {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else {
                    // Descriptors may have run out: they come back, and so must the commands.
                    if errno != EINTR { usleep(100_000) }
                    continue
                }
                SocketTimeout.set(client, seconds: 5)
                if let line = try? receiveLine(from: client), let request = try? JSONValue(parsing: line) {
                    try? send(answer(request).bytes + [0x0A], to: client)
                }
                close(client)
            }
        }
    }

    private static func makeSocket() throws -> Int32 {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { throw Errno(call: "socket", code: errno) }
        return number
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8) + [0]
        guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(description: "\(path): too long for a socket's name; choose a shorter data_dir")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }

    private static func send(_ bytes: [UInt8], to socket: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                throw Errno(call: "send", code: errno)
            }
            sent += count
        }
    }

    private static func receiveLine(from socket: Int32) throws -> [UInt8]? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while line.count < maxBytes {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            if let end = chunk[..<count].firstIndex(of: 0x0A) { return line + chunk[..<end] }
            line += chunk[..<count]
        }
        return nil
    }
}
