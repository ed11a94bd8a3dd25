import Core
import Glibc
import Testing

@Suite struct IPRangeTests {
    @Test(arguments: [
        "8.8.8.8", "172.15.255.255", "172.32.0.0", "100.63.255.255", "198.20.0.0", "223.255.255.255",
        "2606:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888", 
    ])
    func `the open internet is public`(text: String) throws {
        let address = try bytes(text)
        #expect(IPRange.isPublic(address, throughNAT64: true) && IPRange.isPublic(address))
    }

    @Test(arguments: [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001::1", "2001:1ff::1", "64:ff9b:1::808:808", "100::1", "fec0::1", "5f00::1", "::ffff:8.8.8.8", "192.88.99.1", "240.0.0.1", "2001:db8::1", "2002:7f00:1::1", "3fff:fff::1",
    ])
    func `what is set aside is not`(text: String) throws {
        let address = try bytes(text)
        #expect(!IPRange.isPublic(address, throughNAT64: true) && !IPRange.isPublic(address))
    }

    @Test func `a length that no address has is not public`() {
        #expect(!IPRange.isPublic([]))
        #expect(!IPRange.isPublic([8, 8, 8, 8, 8]))
    }

    @Test func `an address of NAT64 is as public as what it carries, once it is resolved`() throws {
        #expect(IPRange.isPublic(try bytes("64:ff9b::808:808"), throughNAT64: true))
        #expect(!IPRange.isPublic(try bytes("64:ff9b::808:808")))
    }

    private func bytes(_ text: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: text.contains(":") ? 16 : 4)
        try #require(inet_pton(bytes.count == 16 ? AF_INET6 : AF_INET, text, &bytes) == 1)
        return bytes
    }
}
