import Curl
import Testing

@Suite struct HTTP2Tests {
    @Test func `five thousand messages over connections that keep going away`() throws {
        let nginx = try Nginx(requestsPerConnection: 300)
        let (results, _) = try send(5000, to: nginx)
        #expect(try judge(results, seen: nginx.stop()).answered > 4500)
    }

    @Test func `what a GOAWAY catches goes out again`() throws {
        // Connections end before a window is through, so that their first burst runs past the end. A peer that keeps up all the
        // same catches none in one round of forty.
        var repeats = 0
        for _ in 0..<5 where repeats == 0 {
            let nginx = try Nginx(requestsPerConnection: 40)
            let results: [TransferResult]
            (results, repeats) = try send(5000, to: nginx)
            _ = try judge(results, seen: nginx.stop())
        }
        #expect(repeats > 0)
    }

    @Test func `connections that are cut leave no message answered wrongly, sent twice or forgotten`() throws {
        let nginx = try Nginx(requestsPerConnection: 1_000_000)
        let (results, _) = try send(3000, to: nginx) { ended in
            if ended == 1000 { nginx.cutConnections() }
        }
        let tally = try judge(results, seen: nginx.stop(cuttingConnections: true))
        #expect(tally.answered >= 1000)
        #expect(tally.notSent > 0)
    }

    /// Posts so many messages with 100 in flight over one connection at a time.
    private func send(
        _ count: Int, to nginx: Nginx, onEnd: (Int) -> Void = { _ in }
    ) throws -> (results: [TransferResult], repeats: Int) {
        var options = TransportOptions()
        options.caFile = nginx.caFile
        let multi = try Multi(options: options, connections: 1, maxInFlight: 100)
        let common = try HeaderList([("content-type", "application/json"), ("authorization", "bearer abc")])
        let body = [UInt8](repeating: 0x20, count: 600)
        let requests = (0..<count).map { number in
            TransferRequest(
                .post, nginx.url + "/\(number)", headers: [("apns-id", "\(number)")], commonHeaders: common, body: body)
        }
        return (try outcomes(of: requests, with: multi, onEnd: onEnd), multi.repeats)
    }

    /// Holds what was reported against what the peer has seen.
    private func judge(_ results: [TransferResult], seen: [String]) -> (answered: Int, notSent: Int) {
        var times: [String: Int] = [:]
        for request in seen { times[request, default: 0] += 1 }
        var tally = (answered: 0, notSent: 0)
        for (number, result) in results.enumerated() {
            let times = times["/\(number) 600"] ?? 0
            switch result {
            case .reply(let reply) where reply.status == 200:
                tally.answered += 1
                #expect(times == 1)
                #expect(reply.isWhole && reply.body == Array("ok".utf8))
            case .failed(let failure) where failure.disposition == .notSent:
                tally.notSent += 1
                #expect(times == 0, "\(failure)")
            case .reply, .failed:
                #expect(times <= 1)
            }
        }
        return tally
    }

    @Test func `a certificate of an unknown authority is not sent anything`() throws {
        let nginx = try Nginx(requestsPerConnection: 100)
        do {
            let multi = try Multi(options: TransportOptions(), connections: 1, maxInFlight: 1)
            let failure = try outcome(of: TransferRequest(.post, nginx.url, body: [1]), with: multi).failure
            #expect(failure?.code == 60)
            #expect(failure?.disposition == .notSent)
        }
        #expect(try nginx.stop() == [])
    }

    @Test func `a certificate of another name is not sent anything`() throws {
        let nginx = try Nginx(requestsPerConnection: 100)
        do {
            var options = TransportOptions()
            options.caFile = nginx.caFile
            let multi = try Multi(options: options, connections: 1, maxInFlight: 1)
            let url = "https://127.0.0.1" + nginx.url.dropFirst("https://localhost".count)
            let failure = try outcome(of: TransferRequest(.post, url, body: [1]), with: multi).failure
            #expect(failure?.code == 60)
            #expect(failure?.disposition == .notSent)
        }
        #expect(try nginx.stop() == [])
    }
}
