import API
import Core
import Glibc
import Storage
import Testing

/// A writer that is held up: what may wait for it is bounded, and goes on afterwards.
@Suite struct BackpressureTests {
    private static let limit = 1 << 20

    @Test func `an import is not read while there is no room, writes are refused, and both go on afterwards`() async throws {
        try await TestServer.run(maxPendingBytes: Self.limit) { server in
            let writer = server.store.file.writer
            let text = String(repeating: "x", count: 30_000)
            let lines = (0..<160).map { #"{"external_id":"u\#($0 % 5)","attributes":{"text":"\#(text)"}}"# }.joined(separator: "\n")
            var upload = try Upload("POST", "/v1/imports?kind=profiles", "application/x-ndjson", lines, to: server)
            defer { upload.close() }
            // The job is there before the writer is held up.
            try upload.send(upTo: upload.bytes.count - lines.utf8.count + 100)
            while try await server.store.read({ try $0.importJob(ImportID(rawValue: 1)) }) == nil { await Task.yield() }
            let gate = Gate()
            let holder = Task { try await server.store.write { _ in gate.pass() } }
            await gate.entered()
            try upload.sendUntilHeldBack()
            #expect(upload.sent < upload.bytes.count / 2, "the server has read \(upload.sent) bytes that it cannot store")
            // What holds the writer, and the one slice that half of the limit has room for.
            while writer.backlog < 2 { await Task.yield() }
            #expect(writer.backlog == 2 && writer.pendingBytes > 0 && writer.pendingBytes <= Self.limit)

            // The other half is for requests; beyond it they are told to come back.
            let profile = #"{"attributes":{"text":"\#(text)"}}"#
            let before = writer.pendingBytes
            let fitting = (Self.limit - before) / profile.utf8.count
            var writes = try (0..<fitting).map { try Upload("PUT", "/v1/profiles/w\($0)", "application/json", profile, to: server) }
            defer { for write in writes { write.close() } }
            for index in writes.indices { try writes[index].send(upTo: writes[index].bytes.count) }
            while writer.pendingBytes < before + fitting * profile.utf8.count { await Task.yield() }
            #expect(fitting > 0 && writer.pendingBytes <= Self.limit)
            let refused = try await server.send("PUT", "/v1/profiles/late", profile)
            #expect(refused.status == 503 && refused.code == "unavailable" && refused.header("retry-after") == "1", "\(refused.text)")
            #expect(try await server.send("GET", "/v1/imports").status == 200)
            let metrics = try await server.send("GET", "/metrics", key: .some(nil)).text
            #expect(metrics.contains("clairon_pending_write_bytes{file=\"store\"} \(writer.pendingBytes)\n"))

            gate.open()
            try await holder.value
            for index in writes.indices { #expect(try await writes[index].finish().status == 201) }
            let reply = try await upload.finish()
            #expect(reply.status == 200 && reply.json["accepted"] == 160 && reply.json["state"] == "finished", "\(reply.text)")
            #expect(writer.pendingBytes == 0)
            #expect(try await server.send("PUT", "/v1/profiles/late", profile).status == 201)
        }
    }

    @Test func `the end of an import is taken however much waits`() async throws {
        try await TestServer.run { server in
            let writer = server.store.file.writer
            var upload = try Upload("POST", "/v1/imports?kind=profiles", "application/x-ndjson", #"{"external_id":"u1"}"#, to: server)
            defer { upload.close() }
            try upload.send(upTo: upload.bytes.count - 1)
            while try await server.store.read({ try $0.importJob(ImportID(rawValue: 1)) }) == nil { await Task.yield() }
            let gate = Gate()
            let holder = Task { try await server.store.write { _ in gate.pass() } }
            await gate.entered()
            while writer.backlog < 10_000 { writer.submit({ _ in }, completion: { (_: Result<Void, any Error>) in }) }
            let before = writer.backlog
            try upload.send(upTo: upload.bytes.count)
            // The slice, and the end.
            while writer.backlog < before + 2 { await Task.yield() }
            gate.open()
            try await holder.value
            let reply = try await upload.finish()
            #expect(reply.status == 200 && reply.json["state"] == "finished" && reply.json["accepted"] == 1, "\(reply.text)")
        }
    }

    @Test func `an import that breaks off gives its room back`() async throws {
        try await TestServer.run(maxPendingBytes: Self.limit) { server in
            var upload = try Upload("POST", "/v1/imports?kind=profiles", "application/x-ndjson", #"{"external_id":"u1"}"# + String(repeating: " ", count: 100), to: server)
            try upload.send(upTo: upload.bytes.count - 50)
            while server.store.file.writer.pendingBytes == 0 { await Task.yield() }
            upload.close()
            while server.store.file.writer.pendingBytes > 0 { await Task.yield() }
            while try await server.store.read({ try $0.importJob(ImportID(rawValue: 1)) })?.state != .failed { await Task.yield() }
        }
    }
}

/// A request that is sent as fast as the other end takes it.
private struct Upload {
    let bytes: [UInt8]
    private(set) var sent = 0
    private let number: Int32

    init(_ method: String, _ target: String, _ type: String, _ body: String, to server: TestServer) throws {
        bytes = Array(("\(method) \(target) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer \(server.key)\r\n"
            + "content-type: \(type)\r\ncontent-length: \(body.utf8.count)\r\n\r\n" + body).utf8)
        number = try Loopback.connection(to: server.port)
        var size: Int32 = 65_536
        setsockopt(number, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    func close() { Glibc.close(number) }

    mutating func send(upTo end: Int, flags: Int32 = 0) throws {
        while sent < end {
            let count = bytes[sent..<end].withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, flags | Int32(MSG_NOSIGNAL)) }
            guard count > 0 else {
                guard errno == EAGAIN else { throw Loopback.Failure(call: "send") }
                return
            }
            sent += count
        }
    }

    /// Until the socket takes nothing for half a second: a server that reads on takes something much sooner.
    mutating func sendUntilHeldBack() throws {
        var wait = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        while sent < bytes.count, poll(&wait, 1, 500) == 1 { try send(upTo: bytes.count, flags: Int32(MSG_DONTWAIT)) }
    }

    mutating func finish() async throws -> Reply {
        var wait = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        while sent < bytes.count {
            try send(upTo: bytes.count, flags: Int32(MSG_DONTWAIT))
            _ = poll(&wait, 1, 5)
            await Task.yield()
        }
        return try Reply(Loopback.rest(of: number))
    }
}
