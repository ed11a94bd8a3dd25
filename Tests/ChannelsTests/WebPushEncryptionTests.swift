import Core
import OpenSSL
import Testing

@testable import WebPush

@Suite struct WebPushEncryptionTests {
    static func decode(_ text: String) throws -> [UInt8] { try #require(Base64URL.decode(text)) }

    // RFC 8188 §3.1, and §3.2 with its intermediate values computed by another implementation.
    static let schedules = [
        (ikm: "yqdlZ-tYemfogSmv7Ws5PQ", salt: "I1BsxtFttlv3u_Oo94xnmw",
         prk: "zyeH5phsIsgUyd4oiSEIy35x-gIi4aM7y0hCF8mwn9g", cek: "_wniytB-ofscZDh4tbSjHw", nonce: "Bcs8gkIRKLI8GeI8"),
        (ikm: "BO3ZVPxUlnLORbVGMpbT1Q", salt: "uNCkWiNYzKTnBN9ji3-qWA",
         prk: "mNHRBFh-eOCdAdmmuVtym8Hf44ov7FPsQZ3f4knYjHE", cek: "u_eEOTjjVWUVrH82pQNwpw", nonce: "VqylG1rdt-mJrNgP"),
    ]

    @Test(arguments: schedules)
    func `the key schedule is that of RFC 8188`(ikm: String, salt: String, prk: String, cek: String, nonce: String) throws {
        var hmac = HMAC()
        let keys = try ContentKeys(material: Self.decode(ikm), salt: Self.decode(salt), with: &hmac)
        #expect(Base64URL.encode(keys.pseudoRandomKey) == prk)
        #expect(Base64URL.encode(keys.key) == cek)
        #expect(Base64URL.encode(keys.nonce) == nonce)
    }

    @Test func `one record of RFC 8188 comes out byte for byte`() throws {
        var hmac = HMAC()
        var gcm = AESGCM()
        let salt = try Self.decode("I1BsxtFttlv3u_Oo94xnmw")
        let keys = try ContentKeys(material: Self.decode("yqdlZ-tYemfogSmv7Ws5PQ"), salt: salt, with: &hmac)
        var body = salt + [0, 0, 0x10, 0, 0]
        try gcm.seal(Array("I am the walrus".utf8) + [0x02], key: keys.key, nonce: keys.nonce, to: &body)
        #expect(Base64URL.encode(body) == "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg")
    }

    // RFC 8291 Appendix A.
    static let plaintext = "V2hlbiBJIGdyb3cgdXAsIEkgd2FudCB0byBiZSBhIHdhdGVybWVsb24"
    static let senderPoint = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    static let senderScalar = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    static let receiverPoint = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    static let receiverScalar = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
    static let salt = "DGv6ra1nlYgDCS1FRnbzlw"
    static let secret = "BTBZMqHH6r4Tts7J_aSIgg"
    static let body = """
        DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y\
        l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN
        """

    static func receiver() throws -> Receiver { try #require(Receiver(p256dh: receiverPoint, auth: secret)) }

    @Test func `every intermediate value is that of RFC 8291`() throws {
        var hmac = HMAC()
        var agreement = try P256.Agreement()
        try agreement.load(scalar: Self.decode(Self.senderScalar))
        #expect(Base64URL.encode(agreement.publicPoint) == Self.senderPoint)
        let receiver = try Self.receiver()
        let secret = try #require(try agreement.sharedSecret(with: receiver.point))
        #expect(Base64URL.encode(secret) == "kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs")
        let key = HKDF.extract(salt: receiver.secret, material: secret, with: &hmac)
        #expect(Base64URL.encode(key) == "Snr3JMxaHVDXHWJn5wdC52WjpCtd2EIEGBykDcZW32k")
        let material = WebPushEncryption.inputKeyMaterial(
            secret: secret, receiver: receiver, sender: agreement.publicPoint, with: &hmac)
        #expect(Base64URL.encode(material) == "S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg")
        let keys = try ContentKeys(material: material, salt: Self.decode(Self.salt), with: &hmac)
        #expect(Base64URL.encode(keys.pseudoRandomKey) == "09_eUZGrsvxChDCGRCdkLiDXrReGOEVeSCdCcPBSJSc")
        #expect(Base64URL.encode(keys.key) == "oIhVW04MRdy2XN9CiKLxTg")
        #expect(Base64URL.encode(keys.nonce) == "4h_95klXJ5E_qnoN")
    }

    @Test func `the body is that of RFC 8291, again and again`() throws {
        var encryption = try WebPushEncryption()
        for _ in 0..<3 {
            let body = try encryption.encrypt(
                Self.decode(Self.plaintext), for: Self.receiver(), padding: 0, salt: Self.decode(Self.salt),
                scalar: Self.decode(Self.senderScalar))
            #expect(body.map(Base64URL.encode) == Self.body)
            #expect(body?.count == 144)
            _ = try encryption.encrypt([1, 2, 3], for: Self.receiver(), padding: 9)
        }
    }

    @Test func `the longest plaintext makes a body of 4096 bytes`() throws {
        #expect(WebPushEncryption.maximumPlaintextBytes == 3_993)
        var encryption = try WebPushEncryption()
        let longest = [UInt8](repeating: 0x61, count: 3_993)
        #expect(try encryption.encrypt(longest, for: Self.receiver(), padding: 0)?.count == 4_096)
    }

    @Test func `keys and salts are never used twice`() throws {
        var encryption = try WebPushEncryption()
        var headers: Set<[UInt8]> = []
        for _ in 0..<200 {
            let body = try #require(try encryption.encrypt([], for: Self.receiver(), padding: 0))
            #expect(headers.insert(Array(body[..<16])).inserted)
            #expect(headers.insert(Array(body[21..<86])).inserted)
        }
    }

    @Test func `a point off the curve gets no message`() throws {
        var encryption = try WebPushEncryption()
        let point = Base64URL.encode([0x04] + Array(repeating: 0x11, count: 64))
        let receiver = try #require(Receiver(p256dh: point, auth: Self.secret))
        #expect(try encryption.encrypt([1], for: receiver, padding: 0) == nil)
    }

    @Test func `padding fills steps of 256 bytes and stops where bridges would refuse`() {
        for (bytes, padding) in [(0, 255), (254, 1), (255, 0), (256, 255), (2_559, 0), (2_560, 0), (3_993, 0)] {
            #expect(WebPushPayload.padding(of: bytes) == padding)
            #expect(bytes > 2_559 || bytes + padding + 1 + 16 + 86 <= 2_700)
        }
    }

    @Test func `http-ece decrypts what we encrypt, at every length`() throws {
        var encryption = try WebPushEncryption()
        var browser = try P256.Agreement()
        var cases: [JSONValue] = []
        var plaintexts: [String] = []
        let lengths = Array(0..<300) + [511, 512, 1_000, 2_559, 2_560, 3_000, 3_992, 3_993]
        for length in lengths {
            let scalar = [0x00] + SecureRandom.bytes(31)
            try browser.load(scalar: scalar)
            let secret = SecureRandom.bytes(16)
            let receiver = try #require(
                Receiver(p256dh: Base64URL.encode(browser.publicPoint), auth: Base64URL.encode(secret)))
            let plaintext = SecureRandom.bytes(length)
            let body = try #require(
                try encryption.encrypt(plaintext, for: receiver, padding: WebPushPayload.padding(of: length)))
            plaintexts.append(Base64URL.encode(plaintext))
            cases.append([
                "body": .string(Base64URL.encode(body)), "private": .string(Base64URL.encode(scalar)),
                "auth": .string(Base64URL.encode(secret)),
            ])
        }
        #expect(try WebPushJudge.verdicts(of: "webpush_judge.py", on: cases) == plaintexts)
    }
}
