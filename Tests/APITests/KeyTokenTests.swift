import API
import Core
import Testing

@Suite struct KeyTokenTests {
    /// Well-formed, its check right (made by zlib's CRC-32), and of no key.
    static let unknown = "clr_999_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3ZKOVj"

    @Test func `one wrong character is found without asking anybody`() async throws {
        try await TestServer.run { server in
            let bytes = Array(server.key.utf8)
            #expect(KeyToken(server.key)?.text == server.key)
            for index in bytes.indices {
                var wrong = bytes
                wrong[index] = wrong[index] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
                #expect(KeyToken(String(decoding: wrong, as: UTF8.self)) == nil)
                #expect(KeyToken(String(decoding: bytes[..<index], as: UTF8.self)) == nil)
            }
        }
    }

    @Test func `the check is CRC-32 as others compute it`() {
        #expect(KeyToken(KeyTokenTests.unknown)?.id == KeyID(rawValue: 999))
    }

    @Test(arguments: ["", "clr_", "clr__", "clr_1_", "a_b_c_d", "ééééééé", String(repeating: "a", count: 1_000)])
    func `what is no key is none`(text: String) {
        #expect(KeyToken(text) == nil)
    }
}
