/// HKDF with SHA-256 (RFC 5869), on a caller's `HMAC` context so that a derivation allocates no other.
package enum HKDF {
    /// The pseudo-random key of `material`, 32 bytes (§2.2).
    package static func extract(salt: [UInt8], material: [UInt8], with hmac: inout HMAC) -> [UInt8] {
        hmac.code(key: salt, message: material)
    }

    /// The first `count` bytes of the output (§2.3); at most 32, which is one block, all that web push
    /// derives.
    package static func expand(_ key: [UInt8], info: [UInt8], count: Int, with hmac: inout HMAC) -> [UInt8] {
        precondition((1...32).contains(count), "one block of HKDF output is 1 to 32 bytes")
        var block = hmac.code(key: key, message: info + [0x01])
        block.removeLast(block.count - count)
        return block
    }
}
