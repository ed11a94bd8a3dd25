import HTTPServer
import Testing

/// Every case on real sockets, whole, byte by byte and cut in two: the verdict may not depend on packets.
@Suite struct HostileTests {
    @Test(arguments: HostileCase.categories)
    func `answers as allowed, however the bytes are cut`(category: String) async throws {
        let cases = try HostileCase.all(category)
        try #require(cases.count >= 20)
        var runs: [HostileClient.Run] = []
        for test in cases {
            let bytes = test.bytes
            runs.append(.init(test: test, bytes: bytes, cuts: []))
            if bytes.count <= 400 { runs.append(.init(test: test, bytes: bytes, cuts: Array(0..<bytes.count))) }
            for cut in offsets(bytes) { runs.append(.init(test: test, bytes: bytes, cuts: [cut])) }
        }
        try await withServer(routes: { router in
            router.on(.GET, "/next") { _ in Response(status: HostileVerdict.followUpStatus) }
        }) { port, _ in
            let complaints = try HostileClient(port: port).complaints(runs)
            #expect(complaints.isEmpty, "\(complaints.count) of \(runs.count): \(complaints.prefix(20))")
        }
    }

    @Test func `the tables have no case twice`() throws {
        let cases = try HostileCase.categories.flatMap { try HostileCase.all($0) }
        #expect(Set(cases.map { $0.bytes + [$0.halfClose == true ? 1 : 0] }).count == cases.count)
        #expect(Set(cases.map(\.name)).count == cases.count)
        #expect(cases.count >= 580)
    }

    /// Every offset of a short case; of a long one those around its ends, its line ends and our limits.
    private func offsets(_ bytes: [UInt8]) -> [Int] {
        guard bytes.count > 220 else { return Array(1..<bytes.count) }
        var offsets = Set([1, 2, bytes.count - 2, bytes.count - 1])
        for limit in [4096, 8192, 16_384, 65_536] { offsets.formUnion([limit - 1, limit, limit + 1]) }
        for index in bytes.indices.prefix(300) where bytes[index] == 0x0D { offsets.formUnion([index, index + 1, index + 2]) }
        return offsets.filter { $0 > 0 && $0 < bytes.count }.sorted().prefix(40).map { $0 }
    }
}
