import Core
import Linux
import OpenSSL

/// The key pairs of simulated browsers.
///
/// A browser makes a fresh pair for every subscription; here `count` pairs serve all of them in turn, because ten
/// thousand pairs would take seconds to make and load. Endpoints and authentication secrets are each
/// subscription's own, so a message encrypted for one subscription does not open with another.
final class BrowserKeys: Sendable {
    private let pairs: [Pair]

    /// - Parameter scalars: private keys, 32 bytes each, in 1 ..< the curve's order.
    init(scalars: [[UInt8]]) throws(OpenSSLError) {
        var pairs: [Pair] = []
        for scalar in scalars { pairs.append(try Pair(scalar: scalar)) }
        self.pairs = pairs
    }

    private func pair(_ index: UInt64) -> Pair { pairs[Int(index % UInt64(pairs.count))] }

    /// The 65 bytes of the public point of a subscription's pair.
    func publicPoint(_ index: UInt64) -> [UInt8] { pair(index).publicPoint }

    /// The plaintext of a message, or nil when the browser would drop it.
    func decrypt(_ body: [UInt8], index: UInt64, auth: [UInt8]) -> [UInt8]? {
        pair(index).withWorkspace { $0.decrypt(body, auth: auth) }
    }
}

/// One key pair, and the workspaces that compute with it while several threads decrypt.
private final class Pair: Sendable {
    let publicPoint: [UInt8]
    private let scalar: [UInt8]
    private let idle: Lock<[Workspace]>

    init(scalar: [UInt8]) throws(OpenSSLError) {
        let first = try Workspace(scalar: scalar)
        publicPoint = first.publicPoint
        self.scalar = scalar
        idle = Lock([first])
    }

    func withWorkspace(_ body: (Workspace) -> [UInt8]?) -> [UInt8]? {
        guard let workspace = idle.withLock({ $0.popLast() }) ?? (try? Workspace(scalar: scalar)) else { return nil }
        let plaintext = body(workspace)
        idle.withLock { $0.append(workspace) }
        return plaintext
    }
}

/// The receiving end of RFC 8291.
///
/// `@unchecked Sendable`: it belongs to the thread that took it out of its pair's list of idle ones.
private final class Workspace: @unchecked Sendable {
    private var agreement: P256.Agreement
    private var hmac = HMAC(.sha256)
    private var cipher = AESGCM()
    let publicPoint: [UInt8]

    init(scalar: [UInt8]) throws(OpenSSLError) {
        var agreement = try P256.Agreement()
        try agreement.load(scalar: scalar)
        publicPoint = agreement.publicPoint
        self.agreement = agreement
    }

    func decrypt(_ body: [UInt8], auth: [UInt8]) -> [UInt8]? {
        // RFC 8188 section 2.1: salt (16), record size (4), length of the key id, key id.
        guard body.count >= 86, body[20] == 65 else { return nil }
        let salt = Array(body[..<16])
        let recordSize = body[16..<20].reduce(0) { $0 << 8 | Int($1) }
        let sender = Array(body[21..<86])
        let record = Array(body[86...])
        // RFC 8291 section 4: a single record, so it may not be longer than the record size says; 18 is the least.
        guard recordSize >= 18, record.count >= 18, record.count <= recordSize,
            let shared = try? agreement.sharedSecret(with: sender)
        else { return nil }
        // RFC 8291 section 3.4: the browser's point comes first.
        let keyInfo = Array("WebPush: info\0".utf8) + publicPoint + sender
        let material = hmac.code(key: hmac.code(key: auth, message: shared), message: keyInfo + [1])
        let base = hmac.code(key: salt, message: material)
        let key = Array(hmac.code(key: base, message: Array("Content-Encoding: aes128gcm\0\u{1}".utf8)).prefix(16))
        let nonce = Array(hmac.code(key: base, message: Array("Content-Encoding: nonce\0\u{1}".utf8)).prefix(12))
        guard let padded = try? cipher.open(record, key: key, nonce: nonce) else { return nil }
        // RFC 8188 section 2: zeros, and before them 2, the delimiter of the last record.
        guard let delimiter = padded.lastIndex(where: { $0 != 0 }), padded[delimiter] == 2 else { return nil }
        return Array(padded[..<delimiter])
    }
}
