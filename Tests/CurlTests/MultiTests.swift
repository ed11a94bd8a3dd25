import Core
import Curl
import Glibc
import Linux
import Testing

@Suite struct MultiTests {
    private func multi(connections: Int = 1, _ change: (inout TransportOptions) -> Void = { _ in }) throws -> Multi {
        var options = TransportOptions()
        options.httpVersion = .http1
        options.totalTimeoutMilliseconds = 5000
        change(&options)
        return try Multi(options: options, connections: connections, maxInFlight: 8)
    }

    private func post(_ url: String, _ body: String = "hello") -> TransferRequest {
        TransferRequest(.post, url, headers: [("X-Id", "7")], body: Array(body.utf8))
    }

    @Test func `an answer comes back with status, headers and body`() throws {
        let peer = try ScriptedPeer { connection, _ in
            while connection.receive() != nil {
                connection.answer("201 Created", headers: "X-Answer:  42 \r\nRetry-After: 9\r\n", body: "done")
            }
        }
        let common = try HeaderList([("Authorization", "secret"), ("X-Empty", "")])
        var request = post(peer.url + "/a?b=c")
        request.commonHeaders = common
        let reply = try #require(try outcome(of: request, with: try multi()).reply)
        peer.stop()
        #expect(reply.status == 201)
        #expect(reply.headers["x-answer"] == "42")
        #expect(reply.headers["retry-after"] == "9")
        #expect(reply.headers["x-none"] == nil)
        #expect(reply.headers.map(\.name) == ["content-length", "x-answer", "retry-after"])
        #expect(reply.body == Array("done".utf8))
        #expect(reply.isWhole)
        // Exactly what was asked for: no Expect, Accept, User-Agent or Content-Type of libcurl's own.
        let lines = ["POST /a?b=c HTTP/1.1", "Host: 127.0.0.1:\(peer.port)", "X-Id: 7", "Authorization: secret",
            "X-Empty:", "Content-Length: 5", "", "hello"]
        #expect(peer.requests == [lines.joined(separator: "\r\n")])
    }

    @Test func `methods keep their names, and their bodies a length`() throws {
        let peer = try ScriptedPeer { connection, _ in
            while connection.receive() != nil { connection.answer() }
        }
        let body = Array("x".utf8)
        let requests = [
            TransferRequest(.get, peer.url), TransferRequest(.put, peer.url, body: body),
            TransferRequest(.delete, peer.url), TransferRequest(.post, peer.url, body: []),
            TransferRequest(.delete, peer.url, body: body), TransferRequest(.get, peer.url),
            TransferRequest(.post, peer.url, body: body),
        ]
        let results = try outcomes(of: requests, with: try multi())
        peer.stop()
        #expect(results.allSatisfy { $0.reply?.status == 200 })
        let seen = peer.requests.map { request in
            let lines = request.split(separator: "\r\n", omittingEmptySubsequences: false)
            let length = lines.first { $0.hasPrefix("Content-Length") } ?? "-"
            return [lines[0].prefix { $0 != " " }, length, lines.last ?? ""].joined(separator: "|")
        }
        #expect(seen == ["GET|-|", "PUT|Content-Length: 1|x", "DELETE|-|", "POST|Content-Length: 0|",
            "DELETE|Content-Length: 1|x", "GET|-|", "POST|Content-Length: 1|x"])
    }

    @Test func `one connection serves many messages`() throws {
        let peer = try ScriptedPeer { connection, _ in
            while connection.receive() != nil { connection.answer(body: "ok") }
        }
        let results = try outcomes(of: (0..<20).map { post(peer.url + "/\($0)") }, with: try multi())
        peer.stop()
        #expect(results.allSatisfy { $0.reply?.status == 200 })
        #expect(peer.connections == 1)
        #expect(peer.requests.count == 20)
    }

    @Test func `nothing that was written waits in a corked socket, whether messages are in flight or not`() throws {
        let peer = try ScriptedPeer { connection, _ in
            while connection.receive() != nil { connection.answer() }
        }
        let multi = try multi()
        let corked = {
            (3..<Int32(1_024)).filter { number in
                var (value, size): (Int32, socklen_t) = (0, 4)
                return getsockopt(number, Int32(IPPROTO_TCP), TCP_CORK, &value, &size) == 0 && value != 0
            }
        }
        var ended = 0
        for _ in 0..<1_000 where ended < 3 {
            if multi.free > 0 { multi.add(post(peer.url), token: UInt64(ended)) }
            try multi.drive(forMilliseconds: 10)
            #expect(corked().isEmpty)
            multi.drain { _ in ended += 1 }
        }
        #expect(ended == 3)
        multi.abandon { _ in }
        peer.stop()
    }

    @Test func `a post on a kept-alive connection that dies is never sent twice`() throws {
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.answer()
            _ = connection.receive()
        }
        let results = try outcomes(of: [post(peer.url + "/1"), post(peer.url + "/2")], with: try multi())
        peer.stop()
        #expect(results[0].reply?.status == 200)
        let failure = try #require(results[1].failure)
        #expect(failure.disposition == .ambiguous)
        #expect([52, 55, 56, 65].contains(failure.code))
        #expect(peer.requests.filter { $0.hasPrefix("POST /2 ") }.count == 1)
    }

    @Test(arguments: [true, false])
    func `a GET is sent again on a dead connection only if it may be`(mayRepeat: Bool) throws {
        let peer = try ScriptedPeer { connection, number in
            _ = connection.receive()
            if number == 1 || mayRepeat { connection.answer() }
            if number == 1 { _ = connection.receive() }
        }
        let requests = ["/1", "/2"].map { TransferRequest(.get, peer.url + $0, mayRepeat: mayRepeat) }
        let results = try outcomes(of: requests, with: try multi())
        peer.stop()
        #expect(results[0].reply?.status == 200)
        #expect(results[1].failure?.disposition == (mayRepeat ? nil : .ambiguous))
        #expect(peer.requests.filter { $0.hasPrefix("GET /2 ") }.count == (mayRepeat ? 2 : 1))
    }

    @Test func `a refused connection is not sent`() throws {
        let (socket, port) = try Loopback.listen()
        close(socket)
        let failure = try outcome(of: post("http://127.0.0.1:\(port)/token"), with: try multi()).failure
        #expect(failure?.code == 7)
        #expect(failure?.disposition == .notSent)
        #expect(failure?.reason.contains("token") == false)
    }

    @Test func `a peer that reads and stalls is ambiguous`() throws {
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.waitForEnd()
        }
        let failure = try outcome(of: post(peer.url), with: try multi { $0.totalTimeoutMilliseconds = 200 }).failure
        peer.stop()
        #expect(failure?.code == 28)
        #expect(failure?.disposition == .ambiguous)
    }

    @Test func `each of many stalled transfers ends at its time`() throws {
        // Connections are taken up by the kernel and never read.
        let (listener, port) = try Loopback.listen()
        defer { close(listener) }
        let client = try multi(connections: 8) { $0.totalTimeoutMilliseconds = 150 }
        let results = try outcomes(of: (0..<24).map { post("http://127.0.0.1:\(port)/\($0)") }, with: client)
        #expect(results.allSatisfy { $0.failure?.code == 28 && $0.failure?.disposition == .ambiguous })
        #expect(client.free == 8)
    }

    @Test func `a connection that is never made is not sent`() throws {
        // A listener with a full queue leaves further connections without an answer.
        let (listener, port) = try Loopback.listen(backlog: 0)
        defer { close(listener) }
        var fillers: [Multi] = []
        for _ in 0..<3 {
            let filler = try multi { $0.totalTimeoutMilliseconds = 60_000 }
            filler.add(post("http://127.0.0.1:\(port)"), token: 0)
            try filler.drive(forMilliseconds: -1)
            try filler.drive(forMilliseconds: 50)
            fillers.append(filler)
        }
        let last = try multi { $0.connectTimeoutMilliseconds = 200 }
        let failure = try outcome(of: post("http://127.0.0.1:\(port)"), with: last).failure
        #expect(failure?.code == 28)
        #expect(failure?.disposition == .notSent)
    }

    @Test func `an endless answer is cut at the limit`() throws {
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 100000000\r\n\r\n")
            connection.send(String(repeating: "x", count: 4_000_000))
        }
        let reply = try outcome(of: post(peer.url), with: try multi { $0.maxResponseBytes = 1000 }).reply
        peer.stop()
        #expect(reply?.status == 400)
        #expect(reply?.body.count == 1000)
        #expect(reply?.isWhole == false)
    }

    @Test func `a body cut by the peer keeps its status`() throws {
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        }
        let reply = try outcome(of: post(peer.url), with: try multi()).reply
        peer.stop()
        #expect(reply?.status == 200)
        #expect(reply?.body == Array("abc".utf8))
        #expect(reply?.isWhole == false)
    }

    @Test func `a head cut by the peer is ambiguous`() throws {
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.send("HTTP/1.1 200 OK\r\nContent-Le")
        }
        let failure = try outcome(of: post(peer.url), with: try multi()).failure
        peer.stop()
        #expect(failure?.disposition == .ambiguous)
        #expect(peer.requests.count == 1)
    }

    @Test func `interim answers are passed over and redirects are not followed`() throws {
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            connection.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
            connection.answer("302 Found", headers: "Location: /elsewhere\r\n")
            connection.waitForEnd()
        }
        let client = try multi()
        let reply = try outcome(of: post(peer.url), with: client).reply
        peer.stop()
        #expect(reply?.status == 302)
        #expect(reply?.headers["location"] == "/elsewhere")
        #expect(reply?.headers["x-early"] == nil)
        #expect(peer.requests.count == 1)
    }

    @Test func `an address that the policy refuses is never connected to`() throws {
        let peer = try ScriptedPeer { connection, _ in connection.waitForEnd() }
        let client = try multi {
            $0.allowsAddress = { IPRange.isPublic($0.bytes, throughNAT64: true) }
            $0.resolve = ["innocent.example:\(peer.port):127.0.0.1"]
        }
        let results = try outcomes(of: [post(peer.url), post("http://innocent.example:\(peer.port)")], with: client)
        peer.stop()
        #expect(results.map { $0.failure?.disposition } == [.notSent, .notSent])
        #expect(results.allSatisfy { $0.failure?.reason == "The address is not allowed" })
        #expect(peer.connections == 0)
    }

    @Test(arguments: [
        "file:///etc/passwd", "gopher://127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\u{7F}", "", "http://",
        "http://user:secret@127.0.0.1/",
    ])
    func `a URL that is not plain http is not sent`(url: String) throws {
        let failure = try outcome(of: post(url), with: try multi()).failure
        #expect(failure?.disposition == .notSent)
        #expect(failure?.reason.contains("secret") == false)
    }

    @Test(arguments: [("X-A", "1\r\nX-B: 2"), ("X-A", "1\u{7F}"), ("X A", "1"), ("", "1"), ("X-A:", "1")])
    func `a header that would become two is not sent`(name: String, value: String) throws {
        let request = TransferRequest(.post, "http://127.0.0.1:1", headers: [(name, value)], body: [1])
        #expect(try outcome(of: request, with: try multi()).failure?.code == 43)
        #expect(throws: CurlError.self) { try HeaderList([(name, value)]) }
    }

    @Test func `a zero byte does not cut a URL or a header short`() throws {
        let client = try multi()
        #expect(try outcome(of: post("http://127.0.0.1:1/\u{0}"), with: client).failure?.code == 43)
        let request = TransferRequest(.post, "http://127.0.0.1:1", headers: [("X-A", "1\u{0}2")], body: [1])
        #expect(try outcome(of: request, with: client).failure?.code == 43)
    }

    @Test func `over HTTP 1 only as many are free as there are connections`() throws {
        #expect(try multi(connections: 3).free == 3)
    }

    @Test func `a careful start sends one and waits for its answer`() throws {
        let peer = try ScriptedPeer { connection, _ in
            while connection.receive() != nil { connection.answer() }
        }
        let client = try multi(connections: 3) { $0.startsWithOne = true }
        #expect(client.free == 1)
        client.add(post(peer.url), token: 0)
        #expect(client.free == 0)
        while client.inFlight > 0 {
            try client.drive(forMilliseconds: -1)
            client.drain { #expect($0.result.reply != nil) }
        }
        #expect(client.free == 3)
        peer.stop()
    }

    @Test func `what is abandoned is not sent before it left and ambiguous after`() throws {
        let received = try Mailbox<Bool>()
        let peer = try ScriptedPeer { connection, _ in
            _ = connection.receive()
            received.post(true)
            connection.waitForEnd()
        }
        let client = try multi(connections: 2)
        client.add(post(peer.url + "/left"), token: 1)
        while received.drain().isEmpty { try client.drive(forMilliseconds: 10) }
        client.add(post(peer.url + "/kept"), token: 2)
        var seen: [UInt64: TransferFailure.Disposition] = [:]
        client.abandon { seen[$0.token] = $0.result.failure?.disposition }
        peer.stop()
        #expect(seen == [1: .ambiguous, 2: .notSent])
        #expect(client.inFlight == 0)
    }

    @Test func `an owner with an epoll of its own is woken by descriptor and deadline`() throws {
        let peer = try ScriptedPeer { connection, _ in
            while connection.receive() != nil { connection.answer() }
        }
        let client = try multi()
        let epoll = try Epoll()
        try epoll.add(client.rawDescriptor, .readable, token: 1)
        var batch = Epoll.Batch(capacity: 4)
        client.add(post(peer.url), token: 0)
        var status: Int?
        while status == nil {
            let left = client.deadline.map { max(0, $0 - SystemTime().monotonicMilliseconds) } ?? -1
            try epoll.wait(&batch, timeoutMilliseconds: Int32(clamping: left))
            try client.advance()
            client.drain { status = $0.result.reply?.status ?? 0 }
        }
        #expect(status == 200)
        peer.stop()
    }
}
