import Core
import Curl
import Linux
import Testing

/// What the sender does with targets of strangers, on real transfers.
@Suite struct ForbiddenAddressTests {
    private func guarded(_ change: (inout TransportOptions) -> Void = { _ in }) throws -> Multi {
        var options = TransportOptions()
        options.httpVersion = .http1
        options.connectTimeoutMilliseconds = 2_000
        options.totalTimeoutMilliseconds = 5_000
        options.allowsAddress = { IPRange.isPublic($0.bytes, throughNAT64: true) }
        change(&options)
        return try Multi(options: options, connections: 1, maxInFlight: 8)
    }

    /// Each form that a resolver or libcurl itself turns into an address of this machine or its network.
    @Test(arguments: [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0x7F.1", "0", "0.0.0.0",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "localhost", "LOCALHOST", "localhost.", "a.localhost",
        "10.0.0.1", "169.254.169.254", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "%31%32%37.0.0.1", "127.0.0.1.",
    ])
    func `no connection is made, whatever way the address is written`(host: String) throws {
        let peer = try ScriptedPeer { connection, _ in connection.waitForEnd() }
        let result = try outcome(of: TransferRequest(.post, "http://\(host):\(peer.port)/", body: [1]), with: guarded())
        peer.stop()
        #expect(result.failure?.disposition == .notSent)
        #expect(peer.connections == 0)
    }

    @Test(arguments: ["127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "[::ffff:127.0.0.1]", "[64:ff9b::a9fe:a9fe]"])
    func `a good name that resolves to a private address is not connected to`(address: String) throws {
        let peer = try ScriptedPeer { connection, _ in connection.waitForEnd() }
        let client = try guarded { $0.resolve = ["push.example.com:\(peer.port):\(address)"] }
        let result = try outcome(of: TransferRequest(.post, "http://push.example.com:\(peer.port)/", body: [1]), with: client)
        peer.stop()
        #expect(result.failure?.disposition == .notSent && result.failure?.reason == "The address is not allowed")
        #expect(peer.connections == 0)
    }

    @Test func `each connection is judged anew: a name that pointed elsewhere before is of no use`() throws {
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.send("HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        let asked = Lock(0)
        let client = try guarded {
            $0.resolve = ["push.example.com:\(peer.port):127.0.0.1"]
            // The first lookup counts as public, as it would have been before the name was turned.
            $0.allowsAddress = { address in
                asked.withLock { $0 += 1; return $0 == 1 || IPRange.isPublic(address.bytes) }
            }
        }
        let request = TransferRequest(.post, "http://push.example.com:\(peer.port)/", body: [1])
        let first = try outcome(of: request, with: client)
        let second = try outcome(of: request, with: client)
        peer.stop()
        #expect(first.reply?.status == 201)
        #expect(second.failure?.reason == "The address is not allowed")
        #expect(peer.connections == 1)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `a redirect is an answer, not an order`(status: Int) throws {
        let inside = try ScriptedPeer { connection, _ in connection.waitForEnd() }
        let target = inside.url
        let outside = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.send("HTTP/1.1 \(status) Moved\r\nLocation: \(target)/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        let client = try guarded { $0.allowsAddress = nil }
        let result = try outcome(of: TransferRequest(.post, outside.url, body: [1]), with: client)
        outside.stop()
        inside.stop()
        #expect(result.reply?.status == status)
        #expect(inside.connections == 0)
    }

    @Test func `only https is spoken where the rule says so`() throws {
        let peer = try ScriptedPeer { connection, _ in connection.waitForEnd() }
        let client = try guarded {
            $0.allowsAddress = nil
            $0.httpsOnly = true
        }
        let result = try outcome(of: TransferRequest(.post, peer.url, body: [1]), with: client)
        peer.stop()
        #expect(result.failure?.disposition == .notSent)
        #expect(peer.connections == 0)
    }
}
