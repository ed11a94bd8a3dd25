import Core
import OpenSSL

/// Voluntary application server identification (RFC 8292): who sends, proved for this push service.
final class VAPIDCheck: Sendable {
    private let signed = SignedTokens()

    /// What is wrong with the request's `Authorization`, or nil.
    ///
    /// - Parameter expected: the 65 bytes of the key that the subscription was made with.
    func problem(_ request: ProviderRequest, expected: [UInt8], now: Timestamp) -> String? {
        guard let credentials = request.credentials("vapid") else { return "Missing VAPID Authorization header" }
        guard let parameters = VAPIDCheck.parameters(credentials), let token = parameters["t"], let key = parameters["k"] else {
            return "Invalid VAPID Authorization header"
        }
        // RFC 8292 section 3.2: base64url without padding of the uncompressed point.
        guard !key.utf8.contains(UInt8(ascii: "=")), let point = Base64URL.decode(key), P256.isPoint(point) else {
            return "Invalid VAPID public key"
        }
        guard point == expected else { return "VAPID public key mismatch" }
        let read = signed.read(key + " " + token) {
            (try? P256.PublicKey(point: point)).map { JWT.verify(Array(token.utf8), with: $0) }
        }
        guard let read, read.header["alg"]?.string == "ES256" else { return "Invalid VAPID token" }
        if let type = read.header["typ"], type.string?.asciiLowercased != "jwt" { return "Invalid VAPID token type" }
        guard read.claims["aud"]?.string == request.origin else { return "Invalid VAPID audience: must be \(request.origin)" }
        guard let expires = read.claims["exp"]?.number else { return "Invalid VAPID expiry: must be a number" }
        guard expires > Double(now.seconds) else { return "Expired VAPID token" }
        guard expires <= Double(now.seconds + 86_400) else { return "Invalid VAPID expiry: more than 24 hours ahead" }
        // Optional in RFC 8292 section 2.1, and required by Apple.
        guard let subject = read.claims["sub"]?.string, isContact(subject) else { return "Invalid VAPID subject" }
        return nil
    }

    private func isContact(_ subject: String) -> Bool {
        let rest = ["mailto:", "https://"].first(where: subject.hasPrefix).map { subject.dropFirst($0.count) } ?? ""
        return !rest.isEmpty && !rest.hasPrefix("localhost")
    }

    /// `name=value` pairs parted by commas (RFC 9110 section 11.2); nil when a name comes twice.
    private static func parameters(_ text: String) -> [String: String]? {
        var out: [String: String] = [:]
        for part in text.utf8.split(separator: UInt8(ascii: ",")) {
            let pair = part.drop { $0 == 0x20 || $0 == 0x09 }
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            var value = pair[pair.index(after: equals)...]
            while value.last == 0x20 || value.last == 0x09 { value = value.dropLast() }
            if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
                value = value.dropFirst().dropLast()
            }
            let name = Substring(pair[..<equals]).asciiLowercased
            guard out.updateValue(String(Substring(value)), forKey: name) == nil else { return nil }
        }
        return out
    }
}
