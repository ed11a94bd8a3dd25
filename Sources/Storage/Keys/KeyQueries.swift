import Foundation
internal import GRDB
package import Core

extension StoreTransaction {
    package func add(key: NewAPIKey) throws -> APIKey {
        // Returns nothing. Adds a key.
        try run("""
            INSERT INTO api_key (name, kind, hash, scopes, identity_key, identity_required, created_at, expires_at, rate_per_second, rate_burst)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, [key.name, key.kind.rawValue, Data(key.hash), JSONValue.array(key.scopes.map(JSONValue.string)).text,
                  key.identityKey.map { Data($0) }, key.requiresIdentity, now.milliseconds, key.expiresAt?.milliseconds,
                  key.rate?.perSecond, key.rate?.burst])
        guard let added = try self.key(KeyID(rawValue: db.lastInsertedRowID)) else { throw StorageError.notFound }
        return added
    }

    package func key(_ id: KeyID) throws -> APIKey? {
        // Returns a key. Changes nothing.
        try row("SELECT * FROM api_key WHERE id = ?", [id.rawValue]).flatMap(APIKey.init(row:))
    }

    /// All keys, newest first, `limit` rows below the row `before`.
    package func keys(before: Int64? = nil, limit: Int) throws -> [APIKey] {
        // Returns one page of keys. Changes nothing.
        try rows("SELECT * FROM api_key WHERE id < ? ORDER BY id DESC LIMIT ?", [before ?? .max, limit]).compactMap(APIKey.init(row:))
    }

    /// Ends a key for good; a second time changes nothing.
    ///
    /// - Throws: `StorageError.notFound`.
    package func revoke(key id: KeyID) throws -> APIKey {
        // Returns nothing. Sets the end of a key that has none.
        try run("UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", [now.milliseconds, id.rawValue])
        guard let key = try key(id) else { throw StorageError.notFound }
        return key
    }

    /// Gives a key another secret; the one it had opens until `until`, and not at all when that has come. What was left of an
    /// earlier rotation ends.
    ///
    /// - Throws: `StorageError.notFound`, `.conflict` for a key that has ended.
    package func rotate(key id: KeyID, hash: [UInt8], until: Timestamp) throws -> APIKey {
        precondition(hash.count == 32, "a key has a hash")
        // Returns nothing. Replaces the secret of a key that has not ended.
        let changed = try run("""
            UPDATE api_key SET previous_hash = CASE WHEN ?1 > ?2 THEN hash END, previous_until = CASE WHEN ?1 > ?2 THEN ?1 END, hash = ?3
            WHERE id = ?4 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)
            """, [until.milliseconds, now.milliseconds, Data(hash), id.rawValue])
        guard let key = try key(id) else { throw StorageError.notFound }
        guard changed == 1 else { throw StorageError.conflict("The key \(id) has expired or was revoked: create a new one") }
        return key
    }

    package func touch(key id: KeyID, at: Timestamp) throws {
        // Returns nothing. Moves the time of a key's last use forward.
        try run("UPDATE api_key SET last_used_at = ?1 WHERE id = ?2 AND (last_used_at IS NULL OR last_used_at < ?1)",
                [at.milliseconds, id.rawValue])
    }
}

extension APIKey {
    /// Nil for a kind that this version does not know.
    init?(row: Row) {
        guard let kind = Kind(rawValue: row["kind"]) else { return nil }
        let hash: Data = row["hash"]
        let identity: Data? = row["identity_key"]
        let (expires, revoked, used): (Int64?, Int64?, Int64?) = (row["expires_at"], row["revoked_at"], row["last_used_at"])
        id = KeyID(rawValue: row["id"])
        name = row["name"]
        self.kind = kind
        self.hash = Array(hash)
        scopes = JSONValue(stored: row["scopes"]).array?.compactMap(\.string) ?? []
        identityKey = identity.map { Array($0) }
        requiresIdentity = row["identity_required"]
        createdAt = Timestamp(milliseconds: row["created_at"])
        expiresAt = expires.map(Timestamp.init(milliseconds:))
        revokedAt = revoked.map(Timestamp.init(milliseconds:))
        lastUsedAt = used.map(Timestamp.init(milliseconds:))
        let (perSecond, burst, until): (Int64?, Int64?, Int64?) = (row["rate_per_second"], row["rate_burst"], row["previous_until"])
        rate = perSecond.flatMap { perSecond in burst.map { KeyRate(perSecond: perSecond, burst: $0) } }
        let former: Data? = row["previous_hash"]
        previous = former.flatMap { former in until.map { (Array(former), Timestamp(milliseconds: $0)) } }
    }
}
