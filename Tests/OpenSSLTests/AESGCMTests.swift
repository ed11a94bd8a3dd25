import OpenSSL
import Testing

@Suite struct AESGCMTests {
    // The GCM specification, test cases 1 to 3.
    static let key = "feffe9928665731c6d6a8f9467308308"
    static let nonce = "cafebabefacedbaddecaf888"
    static let plaintext = """
        d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255
        """
    static let sealed = """
        42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
        21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985\
        4d5c2af327cd64a62cf35abd2ba6fab4
        """

    @Test func `gives the ciphertext and tag of the specification`() throws {
        var gcm = AESGCM()
        let key = try #require(Hex.decode(Self.key)), nonce = try #require(Hex.decode(Self.nonce))
        let plaintext = try #require(Hex.decode(Self.plaintext))
        for _ in 0..<2 {
            var output: [UInt8] = [0x77]
            try gcm.seal(plaintext, key: key, nonce: nonce, to: &output)
            #expect(Hex.encode(output) == "77" + Self.sealed)
            #expect(try gcm.open(Array(output[1...]), key: key, nonce: nonce) == plaintext)
        }
    }

    @Test func `an empty message is its tag`() throws {
        var gcm = AESGCM()
        var output: [UInt8] = []
        let zeros = [UInt8](repeating: 0, count: 16)
        try gcm.seal([], key: zeros, nonce: Array(zeros[..<12]), to: &output)
        #expect(Hex.encode(output) == "58e2fccefa7e3061367f1d57a4e7455a")
        #expect(try gcm.open(output, key: zeros, nonce: Array(zeros[..<12])) == [])
    }

    @Test func `a changed byte anywhere opens nothing`() throws {
        var gcm = AESGCM()
        let key = SecureRandom.bytes(16), nonce = SecureRandom.bytes(12)
        var output: [UInt8] = []
        try gcm.seal(Array("sixteen and more bytes".utf8), key: key, nonce: nonce, to: &output)
        for index in output.indices {
            var changed = output
            changed[index] ^= 0x01
            #expect(try gcm.open(changed, key: key, nonce: nonce) == nil)
        }
        #expect(try gcm.open(Array(output[..<15]), key: key, nonce: nonce) == nil)
        #expect(try gcm.open([], key: key, nonce: nonce) == nil)
    }

    @Test func `refuses keys and nonces of another size`() {
        #expect(throws: OpenSSLError.self) {
            var gcm = AESGCM()
            _ = try gcm.open([], key: [], nonce: SecureRandom.bytes(12))
        }
        #expect(throws: OpenSSLError.self) {
            var gcm = AESGCM()
            var output: [UInt8] = []
            try gcm.seal([], key: SecureRandom.bytes(16), nonce: [], to: &output)
        }
    }
}
