import API
import Core
import Foundation
import Glibc
import Storage
import Testing

@Suite struct ProgressTests {
    @Test func `a stream tells what changes and ends with the campaign`() async throws {
        try await CampaignServer.run { server in
            for index in 0..<3 { _ = try await server.person("u\(index)", phone: "+3361122330\(index)") }
            let id = try await server.draft()
            #expect(try await server.launch(id).status == 202)
            let campaign = try #require(CampaignID(id))
            let run = try await server.freeze(campaign)

            let stream = try EventStream(of: id, on: server)
            #expect(try await stream.head().contains("content-type: text/event-stream\r\n"))
            let first = try await stream.next()
            #expect(first?.name == "progress" && first?.data["by_state"]?["pending"] == 3 && first?.data["state"] == "running")
            try await server.attempt(run, account: "sms-fr", .accepted(providerID: nil))
            var seen = first
            while let next = try await stream.next(), next.name == "progress" {
                seen = next
                if next.data["by_state"]?["accepted"] == 3 { break }
            }
            #expect(seen?.data["by_state"]?["pending"] == 0 && seen?.data["by_state"]?["accepted"] == 3)

            _ = try await server.ledger.finishIfDone(run.id)
            _ = try await server.store.write { try $0.transition(campaign, to: .finished) }
            var last = try await stream.next()
            while last?.name == "progress" { last = try await stream.next() }
            let report = try await server.send("GET", "/v1/campaigns/\(id)/report")
            #expect(last?.name == "end" && last?.data == report.json)
            #expect(try await stream.next() == nil)

            // What is over is told once.
            let late = try EventStream(of: id, on: server)
            #expect(try await late.next()?.name == "end")
            #expect(try await late.next() == nil)
        }
    }

    @Test func `a stream of a server that stops breaks off`() async throws {
        try await CampaignServer.run { server in
            let stream = try EventStream(of: try await server.draft(), on: server)
            #expect(try await stream.next()?.data["state"] == "draft")
            server.progress.end()
            #expect(try await stream.next() == nil)
        }
    }

    @Test func `so many may watch and no more, and who leaves makes room`() async throws {
        try await CampaignServer.run { server in
            let id = try await server.draft()
            var streams: [EventStream] = []
            for _ in 0..<100 {
                streams.append(try EventStream(of: id, on: server))
                #expect(try await streams.last?.next()?.name == "progress")
            }
            let refused = try await server.send("GET", "/v1/campaigns/\(id)/progress")
            #expect(refused.status == 503 && refused.header("retry-after") == "10")
            streams.removeLast()
            // HEAD is told whether there is room, and keeps none.
            var status = 503
            for _ in 0..<1_000 where status == 503 {
                status = try await server.send("HEAD", "/v1/campaigns/\(id)/progress").status
            }
            #expect(status == 200)
            #expect(try await server.send("GET", "/v1/campaigns/cmp_999/progress").status == 404)
        }
    }
}

/// A client of `/progress`. HTTP/1.0, so that the stream comes without chunks and ends with the connection.
private final class EventStream: Sendable {
    private let socket: Int32

    init(of campaign: String, on server: CampaignServer) throws {
        socket = try Loopback.connection(to: server.port)
        let request = Array("GET /v1/campaigns/\(campaign)/progress HTTP/1.0\r\nhost: localhost\r\nauthorization: Bearer \(server.key)\r\n\r\n".utf8)
        guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { throw Loopback.Failure(call: "send") }
    }

    deinit { close(socket) }

    /// Blank lines end heads and events alike; what is no event (the head, comments, `retry`) is passed over.
    func next() async throws -> (name: String, data: JSONValue)? {
        while let block = try await block() {
            let lines = block.split(separator: "\n").map(String.init)
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: ") else { continue }
            return (String(lines[0].dropFirst(7)), try JSONValue(parsing: Array(lines[1].dropFirst(6).utf8)))
        }
        return nil
    }

    func head() async throws -> String { try await block() ?? "" }

    /// Up to a blank line; nil when the stream has ended.
    private func block() async throws -> String? {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [socket] in
                var bytes: [UInt8] = []
                var byte: UInt8 = 0
                while recv(socket, &byte, 1, 0) == 1 {
                    bytes.append(byte)
                    guard bytes.suffix(2) == [0x0A, 0x0A] || bytes.suffix(4) == [0x0D, 0x0A, 0x0D, 0x0A] else { continue }
                    return continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
                }
                continuation.resume(returning: nil)
            }
        }
    }
}
