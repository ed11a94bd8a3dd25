import Core
import OpenSSL
import Testing
import Webhooks

@Suite struct WebhookSecretTests {
    /// Of the specification's signature scheme, and of Svix's manual.
    @Test(arguments: [
        ("plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1_731_705_121, #"{"event_type":"ping","data":{"success":true}}"#,
         "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, #"{"test": 2432232314}"#,
         "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ])
    func `signs as the published examples do`(key: String, message: String, seconds: Int64, body: String, signature: String) throws {
        let secret = WebhookSecret(key: try #require(Base64.decode(key)))
        #expect(secret.signature(of: message, at: seconds, Array(body.utf8)) == signature)
        #expect(secret.text == "whsec_" + key)
    }

    @Test func `is another for each installation, webhook and salt, and the same every time`() throws {
        func secret(_ number: Int64, _ salt: UInt8, _ installation: UInt8) -> String {
            WebhookSecret(of: WebhookID(rawValue: number), salt: Array(repeating: salt, count: 16), installation: Array(repeating: installation, count: 32)).text
        }
        #expect(secret(1, 1, 1) == secret(1, 1, 1))
        #expect(Set([secret(1, 1, 1), secret(2, 1, 1), secret(1, 2, 1), secret(1, 1, 2)]).count == 4)
        // 24 to 64 bytes, says the specification.
        #expect(Base64.decode(String(secret(1, 1, 1).dropFirst("whsec_".count)))?.count == 32)
    }
}
