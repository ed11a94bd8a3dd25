import OpenSSL
import Testing

@Suite struct JWTTests {
    static let header = Array(#"{"alg":"ES256"}"#.utf8)
    static let claims = Array(#"{"iss":"TEAM","iat":1}"#.utf8)

    @Test func `an ES256 token verifies and gives its parts back`() throws {
        let key = try P256.SigningKey.generate()
        let token = try JWT.sign(header: Self.header, claims: Self.claims, with: key)
        #expect(try JWT.verify(token, with: key.publicKey) == .valid(header: Self.header, claims: Self.claims))
        #expect(try JWT.verify(token, with: P256.SigningKey.generate().publicKey) == .badSignature)
    }

    @Test func `an RS256 token verifies and gives its parts back`() throws {
        let key = try RSA.SigningKey(pem: RSA.SigningKey.generate().pem())
        let token = try JWT.sign(header: Self.header, claims: Self.claims, with: key)
        #expect(JWT.verify(token, with: key.publicKey) == .valid(header: Self.header, claims: Self.claims))
        #expect(try JWT.verify(token, with: RSA.SigningKey.generate().publicKey) == .badSignature)
    }

    // RFC 8292 §2.4.
    static let vapid = """
        eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1Yi\
        I6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9\
        OkSSHzvoD1oA
        """
    static let vapidKey = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"

    @Test func `the token of RFC 8292 verifies under its key`() throws {
        let key = try P256.PublicKey(point: #require(Base64URL.decode(Self.vapidKey)))
        let expected = JWT.Verification.valid(
            header: Array(#"{"typ":"JWT","alg":"ES256"}"#.utf8),
            claims: Array(
                #"{"aud":"https://push.example.net","exp":1453523768,"sub":"mailto:push@example.com"}"#.utf8))
        #expect(JWT.verify(Array(Self.vapid.utf8), with: key) == expected)
    }

    @Test(arguments: [
        "", ".", "..", "a.b", "YQ.YQ.YQ.YQ", "YQ==.YQ.YQ", "YQ.YQ.YQ", "Y!.YQ.YQ", ".YQ.YQ", "YQ.YQ.",
    ])
    func `what is no compact token is malformed`(text: String) throws {
        let key = try P256.PublicKey(point: #require(Base64URL.decode(Self.vapidKey)))
        #expect(JWT.verify(Array(text.utf8), with: key) == .malformed)
    }
}
