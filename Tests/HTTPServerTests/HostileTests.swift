import Testing

/// Sends every hostile and every valid case to a server on a real socket, in one piece and in all others.
@Suite struct HostileTests {
    @Test(arguments: HostileCase.categories) func `answers each case as the rules allow, however it is cut`(_ category: String) async throws {
        let cases = try HostileCase.all(category)
        #expect(!cases.isEmpty)
        try await withServer { port, _ in
            let pacer = try TestClient(port: port)
            for test in cases {
                let bytes = test.bytes
                let isShort = bytes.count <= 400
                check(test, "whole") { try play(test, [bytes[...]], port, pacer) }
                if isShort { check(test, "byte by byte") { try play(test, bytes.indices.map { bytes[$0...$0] }, port, nil) } }
                for cut in stride(from: 1, to: bytes.count, by: isShort ? 1 : bytes.count / 7) {
                    check(test, "cut at \(cut)") { try play(test, [bytes[..<cut], bytes[cut...]], port, pacer) }
                }
            }
        }
    }

    private func check(_ test: HostileCase, _ way: String, _ play: () throws -> [Int]) {
        do {
            let statuses = try play()
            if let fault = test.fault(statuses) { Issue.record("\(test.name), \(way): \(fault)") }
        } catch {
            Issue.record("\(test.name), \(way): \(error)")
        }
    }

    /// - Parameter pacer: another connection to the same loop. Once it has been answered twice, the loop has read what was
    ///   sent before: the next piece comes separately, as it would over a slow network.
    /// - Returns: the statuses of all final answers, once the server has closed.
    private func play(_ test: HostileCase, _ pieces: [ArraySlice<UInt8>], _ port: Int, _ pacer: TestClient?) throws -> [Int] {
        let client = try TestClient(port: port)
        for (index, piece) in pieces.enumerated() {
            if index > 0, let pacer {
                for _ in 0..<2 { _ = try pacer.ask("GET / HTTP/1.1\r\nHost: pacer\r\n\r\n") }
            }
            client.send(Array(piece))
        }
        // A server that must close does so by itself; the others are told that nothing more comes.
        if test.endsEarly || !test.closes { client.halfClose() }
        var statuses: [Int] = []
        while try !client.readsEnd() {
            let answer = try client.read(toHead: test.isHead && statuses.isEmpty)
            if answer.status >= 200 { statuses.append(answer.status) }
        }
        return statuses
    }
}
