import OpenSSL
import Testing

@Suite struct EncodingTests {
    struct Vector: CustomTestStringConvertible {
        let text: String
        let encoded: String
        var testDescription: String { "\"\(text)\"" }
    }

    // RFC 4648 §10.
    static let vectors = [
        Vector(text: "", encoded: ""), Vector(text: "f", encoded: "Zg=="), Vector(text: "fo", encoded: "Zm8="),
        Vector(text: "foo", encoded: "Zm9v"), Vector(text: "foob", encoded: "Zm9vYg=="),
        Vector(text: "fooba", encoded: "Zm9vYmE="), Vector(text: "foobar", encoded: "Zm9vYmFy"),
    ]

    @Test(arguments: vectors) func `base64 gives the vectors of RFC 4648`(vector: Vector) {
        let bytes = Array(vector.text.utf8)
        let bare = String(vector.encoded.prefix { $0 != "=" })
        #expect(Base64.encode(bytes) == vector.encoded)
        #expect(Base64.decode(vector.encoded) == bytes)
        #expect(Base64URL.encode(bytes) == bare)
        #expect(Base64URL.decode(bare) == bytes)
        #expect(Base64URL.decode(vector.encoded) == bytes)
        #expect(bare == vector.encoded || Base64.decode(bare) == nil)
    }

    @Test func `the two alphabets differ in the last two symbols`() {
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
        #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
        #expect(Base64URL.decode("+/8") == nil)
        #expect(Base64.decode("-_8=") == nil)
    }

    @Test(arguments: ["A", "AA=", "AA===", "=", "====", "A=A=", "AAAA=", "AAAA====", "AB", "AAB", "A A", "AAé", "AA\n"])
    func `base64url refuses what is not canonical`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func `hex reads both cases and refuses the rest`() {
        #expect(Hex.encode([0x00, 0x9f, 0xa0, 0xff]) == "009fa0ff")
        #expect(Hex.decode("009fA0fF") == [0x00, 0x9f, 0xa0, 0xff])
        for text in ["0", "0g", " 0", "0x00", "००"] { #expect(Hex.decode(text) == nil) }
    }

    @Test func `every length survives a round trip`() {
        for count in 0..<70 {
            let bytes = SecureRandom.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
    }
}
