@testable import Curl
import Testing

@Suite struct StreamTraceTests {
    private func trace(_ lines: [String], _ log: GoAwayLog = GoAwayLog()) -> (StreamTrace, GoAwayLog) {
        var trace = StreamTrace()
        for line in lines {
            Array("\(line)\n".utf8).withUnsafeBytes { trace.read($0, log) }
        }
        return (trace, log)
    }

    @Test func `a stream above the last one was refused, the last one was not`() {
        for (stream, expected) in [(41, true), (39, false), (1, false)] {
            let (trace, log) = trace([
                "Connected to api.example (127.0.0.1) port 443 (#3)", "Using Stream ID: \(stream) (easy handle 0x55)",
                "recveived GOAWAY, error=0, last_stream=39",
            ])
            #expect(trace.wasRefused(log) == expected)
        }
    }

    @Test func `a GOAWAY read by a neighbour counts, on the same connection only`() {
        let (_, log) = trace([
            "Re-using existing connection #3 with host api.example", "recveived GOAWAY, error=0, last_stream=7",
        ])
        #expect(trace(["Re-using existing connection #3 with host", "Using Stream ID: 9 ("], log).0.wasRefused(log))
        #expect(!trace(["Re-using existing connection #4 with host", "Using Stream ID: 9 ("], log).0.wasRefused(log))
        #expect(!trace(["Using Stream ID: 9 ("], log).0.wasRefused(log))
    }

    @Test func `a GOAWAY of an unknown connection says nothing`() {
        let (trace, log) = trace([
            "recveived GOAWAY, error=0, last_stream=0", "Re-using existing connection #0 with", "Using Stream ID: 9 (",
        ])
        #expect(!trace.wasRefused(log))
    }

    @Test func `a retry is judged by the attempt before it`() {
        let attempt = ["Re-using existing connection #1 with", "Using Stream ID: 9 ("]
        let death = ["Connection died, retrying a fresh connect (retry count: 1)", "Connected to x (::1) port 1 (#2)"]
        let goAway = ["recveived GOAWAY, error=0, last_stream=3"]
        let (refused, _) = trace(attempt + goAway + death)
        #expect(refused.isRefused)
        let (again, log) = trace(attempt + goAway + death + ["Using Stream ID: 1 ("])
        #expect(!again.wasRefused(log))
        let (died, _) = trace(attempt + death)
        #expect(!died.isRefused)
    }

    @Test(arguments: ["", "recveived GOAWAY", "recveived GOAWAY, error=0, last_stream=", "Using Stream ID: x",
        "Connected to #", "recveived GOAWAY, error=0, last_stream=99999999999999999999"])
    func `a line that is not understood proves nothing`(line: String) {
        let (trace, log) = trace(["Re-using existing connection #1 with", "Using Stream ID: 9 (", line])
        #expect(!trace.wasRefused(log))
    }

    @Test func `a later GOAWAY lowers the mark and never raises it, and old ones are forgotten`() {
        let log = GoAwayLog()
        log.note(connection: 1, lastStream: 2_147_483_647)
        log.note(connection: 1, lastStream: 39)
        log.note(connection: 1, lastStream: 41)
        #expect(log.lastStream(of: 1) == 39)
        for connection in 2...65 { log.note(connection: UInt64(connection), lastStream: 1) }
        #expect(log.lastStream(of: 1) == nil)
        #expect(log.lastStream(of: 65) == 1)
    }
}
