import Curl
import Testing

@Suite struct PeerAddressTests {
    @Test func `an IPv4 address that is mapped into IPv6 is an IPv4 address`() {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1]
        #expect(PeerAddress(bytes: mapped, port: 443) == PeerAddress(bytes: [127, 0, 0, 1], port: 443))
        #expect(PeerAddress(bytes: [0, 1] + mapped[2...], port: 443).bytes.count == 16)
    }
}
