import Glibc
import Linux

/// Sends cases in given pieces, many connections at once, each on a thread that waits for its answers.
struct HostileClient {
    /// One case, cut before these offsets.
    struct Run: Sendable {
        let test: HostileCase
        let bytes: [UInt8]
        let cuts: [Int]
    }

    let port: Int

    /// - Returns: what is wrong, one line for each run that failed, and one for each case whose first answer
    ///   depends on the cuts.
    func complaints(_ runs: [Run], threads: Int = 8) throws -> [String] {
        let next = Lock(0)
        let found = Lock<[String]>([])
        let firsts = Lock<[String: Set<Int>]>([:])
        let workers = try (0..<threads).map { _ in
            try Linux.Thread.start(named: "hostile") {
                let canary = connect()
                defer { Glibc.close(canary) }
                while true {
                    let index = next.withLock { index in
                        defer { index += 1 }
                        return index
                    }
                    guard index < runs.count else { return }
                    let verdict = converse(runs[index], canary: canary)
                    if let first = verdict.statuses.first(where: { $0 >= 200 }) {
                        firsts.withLock { _ = $0[runs[index].test.name, default: []].insert(first) }
                    }
                    if let complaint = complaint(runs[index], verdict) { found.withLock { $0.append(complaint) } }
                }
            }
        }
        workers.forEach { $0.join() }
        let changing = firsts.withLock { firsts in
            firsts.filter { $0.value.count > 1 }.map { "\($0.key): answered one of \($0.value.sorted()) by the cut" }
        }
        return found.withLock { $0 } + changing
    }

    private func complaint(_ run: Run, _ verdict: HostileVerdict) -> String? {
        // An end of the sending half comes after the case, so nothing can follow it.
        var complaint = verdict.complaint(run.test)
        if run.test.halfClose == true, complaint?.hasPrefix("did not go on") == true { complaint = nil }
        let cut = run.cuts.count > 1 ? "byte by byte" : run.cuts.first.map { "cut at \($0)" } ?? "whole"
        return complaint.map { "\(run.test.name), \(cut): \($0)" }
    }

    private func converse(_ run: Run, canary: Int32) -> HostileVerdict {
        let number = connect()
        guard number >= 0 else { return HostileVerdict([0], isHead: false, hasClosed: false) }
        defer { Glibc.close(number) }
        var start = 0
        for cut in run.cuts + [run.bytes.count] where cut > start {
            guard send(number, run.bytes[start..<cut]) else { break }
            start = cut
            if start < run.bytes.count { waitUntilRead(canary) }
        }
        if run.test.halfClose == true {
            shutdown(number, Int32(SHUT_WR))
        } else if run.test.after != .close {
            _ = send(number, HostileVerdict.followUp[...])
        }
        var received: [UInt8] = []
        let hasClosed = readToEnd(number, into: &received)
        return HostileVerdict(received, isHead: run.bytes.starts(with: Array("HEAD ".utf8)), hasClosed: hasClosed)
    }

    /// Returns once the server has taken what was sent before: its one loop serves connections in the order in
    /// which bytes arrive, so that an answer on another connection says that the piece has been read.
    private func waitUntilRead(_ canary: Int32) {
        guard send(canary, Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)[...]) else { return }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1024)
        while !answer.suffix(6).elementsEqual("hello\n".utf8) {
            let count = recv(canary, &piece, piece.count, 0)
            guard count > 0 else { return }
            answer += piece[..<count]
        }
    }

    private func connect() -> Int32 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(number)
            return -1
        }
        return number
    }

    /// - Returns: false once the other end takes nothing more.
    private func send(_ number: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let count = bytes[start...].withUnsafeBytes {
                Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }

    /// - Returns: whether the other end closed, cleanly or not, before the time was out.
    private func readToEnd(_ number: Int32, into received: inout [UInt8]) -> Bool {
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(number, &piece, piece.count, 0)
            if count > 0 {
                received += piece[..<count]
            } else {
                return count == 0 || errno == ECONNRESET
            }
        }
    }
}
