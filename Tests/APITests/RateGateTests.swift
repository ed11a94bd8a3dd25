import API
import Dispatch
import HTTPServer
import Linux
import Storage
import Testing

@Suite struct RateGateTests {
    @Test func `a burst is there at once and comes back at the rate`() {
        let gate = RateGate(KeyRate(perSecond: 2, burst: 4))
        let first = (0..<4).map { _ in gate.take(nowMilliseconds: 1_000) }
        #expect(first.map(\.isAllowed) == [true, true, true, true] && first.map(\.remaining) == [3, 2, 1, 0])
        #expect(first.map(\.resetSeconds) == [1, 1, 2, 2])
        let over = gate.take(nowMilliseconds: 1_000)
        #expect(!over.isAllowed && over.waitSeconds == 1 && over.resetSeconds == 2)
        #expect(!gate.take(nowMilliseconds: 1_499).isAllowed, "what was refused has booked nothing, and nothing comes early")
        #expect(gate.take(nowMilliseconds: 1_500).isAllowed)
        let later = gate.take(nowMilliseconds: 60_000)
        #expect(later.isAllowed && later.remaining == 3 && later.resetSeconds == 1 && later.waitSeconds == 0)
    }

    @Test func `in the long run as many pass as the rate says`() {
        let gate = RateGate(KeyRate(perSecond: 70, burst: 10))
        let passed = (0..<20_000).count { gate.take(nowMilliseconds: Int64($0) / 2).isAllowed }
        #expect((700...711).contains(passed), "10 s at 70 a second and the burst: \(passed)")
    }

    @Test func `threads that come together share one burst`() {
        let gate = RateGate(KeyRate(perSecond: 1, burst: 1_000))
        let passed = Lock(0)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let mine = (0..<500).count { _ in gate.take(nowMilliseconds: 5).isAllowed }
            passed.withLock { $0 += mine }
        }
        #expect(passed.withLock { $0 } == 1_000)
    }

    @Test(arguments: [(1, 1), (1, 1_000_000), (1_000_000, 1), (1_000_000, 1_000_000), (50_000, 100_000)] as [(Int64, Int64)])
    func `the field says what the verdict says`(perSecond: Int64, burst: Int64) {
        let verdict = RateGate(KeyRate(perSecond: perSecond, burst: burst)).take(nowMilliseconds: .max / 2_000_000)
        #expect(verdict.isAllowed)
        #expect(verdict.field == "\"default\";r=\(verdict.remaining);t=\(verdict.resetSeconds)")
    }
}

@Suite struct FailureGateTests {
    @Test func `an address may fail so often, and again when time has passed`() {
        let gate = FailureGate(perMinute: 3)
        #expect((0..<3).allSatisfy { _ in gate.book(1, nowMilliseconds: 0) == nil })
        #expect(gate.book(1, nowMilliseconds: 0) == 20)
        #expect(gate.book(2, nowMilliseconds: 0) == nil, "others are not held to account")
        #expect(gate.book(1, nowMilliseconds: 19_999) == 1)
        #expect(gate.book(1, nowMilliseconds: 20_000) == nil)
        #expect(gate.book(1, nowMilliseconds: 20_000) != nil)
        gate.forgive(1)
        #expect(gate.book(1, nowMilliseconds: 20_000) == nil, "what was no failure is given back")
        #expect(gate.totals.failures == 5 && gate.totals.refusals == 3)
    }

    @Test func `a flood of addresses takes no more room and frees nobody who failed more`() {
        let gate = FailureGate(perMinute: 10)
        for _ in 0..<10 { _ = gate.book(7, nowMilliseconds: 0) }
        for address in 1_000..<UInt64(1_000 + 4 * FailureGate.capacity) { #expect(gate.book(address, nowMilliseconds: 0) == nil) }
        #expect(gate.book(7, nowMilliseconds: 0) != nil)
    }

    @Test func `0 counts and refuses nobody`() {
        let gate = FailureGate(perMinute: 0)
        #expect((0..<100).allSatisfy { _ in gate.book(1, nowMilliseconds: 0) == nil })
        #expect(gate.totals.failures == 100)
    }
}

@Suite struct ClientAddressTests {
    private static let proxies = ["127.0.0.0/8", "10.1.0.0/16", "2001:db8:1::/48"].compactMap { IPNetwork($0) }

    @Test(arguments: [
        ("192.0.2.7", nil, "192.0.2.7"), ("192.0.2.7", "198.51.100.1", "192.0.2.7"), ("127.0.0.1", nil, "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"), ("127.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.2.3.4,198.51.100.1 , 10.1.2.3", "198.51.100.1"), ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "198.51.100.1:4711", "198.51.100.1"), ("127.0.0.1", "[2001:db8:2::9]:443", "2001:db8:2::9"),
        ("127.0.0.1", "2001:db8:2::9", "2001:db8:2::9"), ("127.0.0.1", "1.2.3.4, unknown", "127.0.0.1"), ("127.0.0.1", "1.2.3.4,", "127.0.0.1"),
        ("127.0.0.1", "+1.2.3.4", "127.0.0.1"), ("127.0.0.1", "01.2.3.4", "127.0.0.1"), ("2001:db8:1::5", "198.51.100.1", "198.51.100.1"),
        ("10.2.0.1", "198.51.100.1", "10.2.0.1"),
    ] as [(String, String?, String)])
    func `the sender's own word is not believed`(peer: String, forwarded: String?, expected: String) throws {
        let headers = forwarded.map { [("x-forwarded-for", $0)] } ?? []
        let request = try #require(Request(.GET, "/", headers: headers, peer: peer))
        #expect(ClientAddress.of(request, trusting: Self.proxies) == IPAddress(expected))
        #expect(ClientAddress.of(request, trusting: []) == IPAddress(peer))
    }

    @Test func `fields that came one after the other are one list`() throws {
        let request = try #require(Request(.GET, "/", headers: [("x-forwarded-for", "1.2.3.4"), ("X-Forwarded-For", "5.6.7.8")], peer: "127.0.0.1"))
        #expect(ClientAddress.of(request, trusting: Self.proxies) == IPAddress("5.6.7.8"))
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "example.com", "", "10.0.0.0/+8", "10.0.0.0/8/8", "fe80::1%eth0"])
    func `is no block of addresses`(text: String) { #expect(IPNetwork(text) == nil) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
        ("::/0", "203.0.113.9", true), ("::1", "::1", true), ("::1", "::2", false),
    ] as [(String, String, Bool)])
    func `holds an address or not`(network: String, address: String, holds: Bool) throws {
        let (block, member) = (try #require(IPNetwork(network)), try #require(IPAddress(address)))
        #expect(block.contains(member) == holds)
    }
}
