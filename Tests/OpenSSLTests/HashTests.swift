import OpenSSL
import Testing

@Suite struct HashTests {
    @Test func `SHA-256 gives the digests of FIPS 180`() {
        #expect(Hex.encode(SHA256.hash(Array("abc".utf8)))
            == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hex.encode(SHA256.hash([]))
            == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        var hasher = SHA256()
        hasher.update(Array("a".utf8))
        hasher.update([])
        hasher.update(Array("bc".utf8))
        #expect(hasher.finish() == SHA256.hash(Array("abc".utf8)))
    }

    struct Code: CustomTestStringConvertible {
        let name: String
        let key: [UInt8]
        let message: [UInt8]
        let sha256: String
        var testDescription: String { name }
    }

    // RFC 4231 §4.2, §4.3, §4.7, and the empty key.
    static let codes = [
        Code(name: "case 1", key: Array(repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
             sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Code(name: "case 2", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
             sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Code(name: "case 6", key: Array(repeating: 0xaa, count: 131),
             message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
             sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Code(name: "empty key", key: [], message: [],
             sha256: "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]

    @Test(arguments: codes) func `HMAC-SHA-256 gives the codes of RFC 4231`(code: Code) {
        #expect(Hex.encode(HMAC.sha256(key: code.key, message: code.message)) == code.sha256)
    }

    @Test func `one context serves many keys, the empty one after another too`() {
        var hmac = HMAC(.sha256)
        for code in Self.codes + Self.codes.reversed() {
            #expect(Hex.encode(hmac.code(key: code.key, message: code.message)) == code.sha256)
        }
    }

    // RFC 2202 §3, case 2.
    @Test func `HMAC-SHA-1 gives the code of RFC 2202`() {
        #expect(Hex.encode(HMAC.sha1(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8)))
            == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    }

    // RFC 5869 A.1; its first block.
    @Test func `HKDF gives the first block of RFC 5869`() throws {
        var hmac = HMAC(.sha256)
        let salt = try #require(Hex.decode("000102030405060708090a0b0c"))
        let info = try #require(Hex.decode("f0f1f2f3f4f5f6f7f8f9"))
        let key = HKDF.extract(salt: salt, material: Array(repeating: 0x0b, count: 22), with: &hmac)
        #expect(Hex.encode(key) == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
        #expect(Hex.encode(HKDF.expand(key, info: info, count: 32, with: &hmac))
            == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")
        #expect(HKDF.expand(key, info: info, count: 12, with: &hmac).count == 12)
    }

    @Test func `constant time equality is equality`() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([1, 2], [1, 2, 3]))
    }
}
