import OpenSSL
import Testing

@Suite struct P256Tests {
    // The key pairs of RFC 8291 Appendix A.
    static let senderScalar = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    static let senderPoint = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    static let receiverScalar = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
    static let receiverPoint = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    static let secret = "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"

    static func decode(_ text: String) throws -> [UInt8] { try #require(Base64URL.decode(text)) }

    @Test func `both sides of RFC 8291 agree on its secret`() throws {
        var agreement = try P256.Agreement()
        try agreement.load(scalar: Self.decode(Self.senderScalar))
        #expect(Base64URL.encode(agreement.publicPoint) == Self.senderPoint)
        #expect(try agreement.sharedSecret(with: Self.decode(Self.receiverPoint)) == Self.decode(Self.secret))
        try agreement.load(scalar: Self.decode(Self.receiverScalar))
        #expect(Base64URL.encode(agreement.publicPoint) == Self.receiverPoint)
        #expect(try agreement.sharedSecret(with: Self.decode(Self.senderPoint)) == Self.decode(Self.secret))
    }

    @Test func `a renewed pair is another one, and both sides still agree`() throws {
        var ours = try P256.Agreement()
        var theirs = try P256.Agreement()
        var seen: Set<[UInt8]> = []
        for _ in 0..<300 {
            try ours.renew()
            #expect(seen.insert(ours.publicPoint).inserted)
            let point = theirs.publicPoint
            let secret = try ours.sharedSecret(with: point)
            #expect(secret?.count == 32)
            let back = try theirs.sharedSecret(with: ours.publicPoint)
            #expect(secret == back)
            try theirs.renew()
        }
    }

    static let notPoints: [[UInt8]] = [
        [], [0x00], [0x04], Array(repeating: 0x04, count: 65), [0x04] + Array(repeating: 0, count: 64),
        [0x04] + Array(repeating: 0xff, count: 64), [0x02] + Array(repeating: 0x11, count: 32),
        (Base64URL.decode(receiverPoint) ?? []).dropLast() + [0x0f], (Base64URL.decode(receiverPoint) ?? []) + [0x00],
        [0x06] + (Base64URL.decode(receiverPoint) ?? []).dropFirst(),
    ]

    @Test(arguments: notPoints) func `bytes that are no point are refused everywhere`(bytes: [UInt8]) throws {
        var agreement = try P256.Agreement()
        #expect(!P256.isPoint(bytes))
        #expect(try agreement.sharedSecret(with: bytes) == nil)
        #expect(throws: OpenSSLError.self) { try P256.PublicKey(point: bytes) }
    }

    // Zero, the order, and wrong lengths.
    static let notScalars: [[UInt8]] = [
        [], Array(repeating: 0, count: 32), Array(repeating: 1, count: 31), Array(repeating: 1, count: 33),
        Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") ?? [],
        Array(repeating: 0xff, count: 32),
    ]

    @Test(arguments: notScalars) func `bytes that are no scalar are refused`(bytes: [UInt8]) {
        #expect(throws: OpenSSLError.self) { try P256.SigningKey(scalar: bytes) }
        #expect(throws: OpenSSLError.self) {
            var agreement = try P256.Agreement()
            try agreement.load(scalar: bytes)
        }
    }

    @Test func `a key from its scalar has the point of its scalar`() throws {
        let key = try P256.SigningKey(scalar: Self.decode(Self.senderScalar))
        #expect(Base64URL.encode(key.publicPoint) == Self.senderPoint)
        // A scalar of one with 31 leading zeros is the generator.
        let one = try P256.SigningKey(scalar: Array(repeating: 0, count: 31) + [1])
        #expect(Hex.encode(Array(one.publicPoint[1...32]))
            == "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
    }

    @Test func `signatures are 64 bytes and verify, however small their halves`() throws {
        let key = try P256.SigningKey.generate()
        let publicKey = try key.publicKey
        var hadPadding = false
        // One in 128 has a half that begins with zero: 5,000 without one happen once in 10^17 runs.
        for number in 0..<5_000 where !hadPadding {
            let message = Array("message \(number)".utf8)
            let signature = try key.sign(message)
            #expect(signature.count == 64)
            hadPadding = signature[0] == 0 || signature[32] == 0
            #expect(publicKey.verifies(signature, of: message))
        }
        #expect(hadPadding)
    }

    @Test func `a signature of another message, key or shape does not verify`() throws {
        let key = try P256.SigningKey.generate()
        let publicKey = try key.publicKey
        let message = Array("message".utf8)
        var signature = try key.sign(message)
        #expect(try !publicKey.verifies(P256.SigningKey.generate().sign(message), of: message))
        #expect(!publicKey.verifies(signature, of: message + [0]))
        for shape in [[], Array(repeating: 0, count: 64), Array(repeating: 0xff, count: 64), signature + [0]] {
            #expect(!publicKey.verifies(shape, of: message))
        }
        signature[40] ^= 1
        #expect(!publicKey.verifies(signature, of: message))
    }

    @Test func `keys survive their PEM`() throws {
        let key = try P256.SigningKey.generate()
        let pem = try key.pem()
        #expect(pem.starts(with: "-----BEGIN PRIVATE KEY-----".utf8))
        #expect(try P256.SigningKey(pem: pem).publicPoint == key.publicPoint)
        let publicPEM = try key.publicKey.pem()
        #expect(publicPEM.starts(with: "-----BEGIN PUBLIC KEY-----".utf8))
        #expect(try P256.PublicKey(pem: publicPEM).point == key.publicPoint)
    }

    // `openssl ecparam -genkey -name prime256v1 -conv_form compressed`, from a scalar of one.
    @Test func `reads SEC1 and gives the uncompressed point`() throws {
        let der: [UInt8] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20] + Array(repeating: 0, count: 31) + [0x01]
            + [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]
        let pem = "-----BEGIN EC PRIVATE KEY-----\n\(Base64.encode(der))\n-----END EC PRIVATE KEY-----\n"
        let key = try P256.SigningKey(pem: Array(pem.utf8))
        #expect(key.publicPoint.count == 65 && key.publicPoint.first == 0x04)
        #expect(try key.publicKey.verifies(key.sign([1]), of: [1]))
    }

    @Test func `refuses PEM that is no P-256 key`() throws {
        let rsa = try RSA.SigningKey.generate()
        for pem in [[], Array("rubbish".utf8), try rsa.pem()] {
            #expect(throws: OpenSSLError.self) { try P256.SigningKey(pem: pem) }
        }
        #expect(throws: OpenSSLError.self) { try P256.PublicKey(pem: rsa.publicKey.pem()) }
        #expect(throws: OpenSSLError.self) { try RSA.SigningKey(pem: P256.SigningKey.generate().pem()) }
    }
}
