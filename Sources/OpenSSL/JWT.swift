/// JSON Web Tokens in compact form (RFC 7515 §3.1) around header and claims that are bytes already.
///
/// No JSON here: the caller writes both parts, and reads both parts of a verified token. The algorithm
/// is the key's and never taken from the token, so a forged `alg` cannot choose a weaker check; a
/// verifier that wants `alg` to agree compares it itself.
package enum JWT {
    /// What a token turned out to be.
    package enum Verification: Equatable, Sendable {
        case valid(header: [UInt8], claims: [UInt8])
        /// Not three base64url parts without padding, or a signature of the wrong length.
        case malformed
        case badSignature
    }

    /// ES256: `header` must say so.
    package static func sign(
        header: [UInt8], claims: [UInt8], with key: P256.SigningKey
    ) throws(OpenSSLError) -> [UInt8] {
        var token = signingInput(header, claims)
        let signature = try key.sign(token)
        append(signature, to: &token)
        return token
    }

    /// RS256: `header` must say so.
    package static func sign(
        header: [UInt8], claims: [UInt8], with key: RSA.SigningKey
    ) throws(OpenSSLError) -> [UInt8] {
        var token = signingInput(header, claims)
        let signature = try key.sign(token)
        append(signature, to: &token)
        return token
    }

    package static func verify(_ token: [UInt8], with key: P256.PublicKey) -> Verification {
        verify(token, byteCount: P256.signatureBytes) { key.verifies($0, of: $1) }
    }

    package static func verify(_ token: [UInt8], with key: RSA.PublicKey) -> Verification {
        verify(token, byteCount: nil) { key.verifies($0, of: $1) }
    }

    private static func signingInput(_ header: [UInt8], _ claims: [UInt8]) -> [UInt8] {
        var token: [UInt8] = []
        Base64URL.encode(header, to: &token)
        token.append(dot)
        Base64URL.encode(claims, to: &token)
        return token
    }

    private static func append(_ signature: [UInt8], to token: inout [UInt8]) {
        token.append(dot)
        Base64URL.encode(signature, to: &token)
    }

    private static func verify(
        _ token: [UInt8], byteCount: Int?, isSigned: (_ signature: [UInt8], _ message: [UInt8]) -> Bool
    ) -> Verification {
        let parts = token.split(separator: dot, omittingEmptySubsequences: false)
        // RFC 7515 §2: base64url here has no padding.
        guard parts.count == 3, !token.contains(UInt8(ascii: "=")),
            let header = Base64URL.decode(Array(parts[0])), !header.isEmpty,
            let claims = Base64URL.decode(Array(parts[1])),
            let signature = Base64URL.decode(Array(parts[2])),
            byteCount == nil || signature.count == byteCount
        else { return .malformed }
        let message = Array(token[..<(parts[2].startIndex - 1)])
        return isSigned(signature, message) ? .valid(header: header, claims: claims) : .badSignature
    }

    private static let dot = UInt8(ascii: ".")
}
