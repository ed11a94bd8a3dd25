import Foundation
internal import GRDB
package import Core

/// The answer to a request that must act once, kept so that a repeat gets it again (`Idempotency-Key`).
package struct RecordedAnswer: Sendable, Equatable {
    /// SHA-256 of method, path and body.
    package let requestHash: [UInt8]
    package let status: Int
    package let headers: JSONObject
    package let body: [UInt8]
    /// Whom it is about: erasing the person erases it.
    package let profile: ProfileID?

    package init(requestHash: [UInt8], status: Int, headers: JSONObject, body: [UInt8], profile: ProfileID? = nil) {
        self.requestHash = requestHash
        self.status = status
        self.headers = headers
        self.body = body
        self.profile = profile
    }

    /// How long answers are kept.
    package static let lifetime = Duration.seconds(7 * 86_400)
}

extension StoreTransaction {
    package func recordedAnswer(of key: KeyID, to idempotencyKey: String) throws -> RecordedAnswer? {
        // Returns the answer recorded for a key's idempotency key. Changes nothing.
        guard let row = try row("SELECT * FROM idempotency WHERE api_key = ? AND key = ?", [key.rawValue, idempotencyKey]) else { return nil }
        let (hash, body): (Data, Data) = (row["request_hash"], row["body"])
        let profile: Int64? = row["profile"]
        return RecordedAnswer(requestHash: Array(hash), status: row["status"],
                              headers: JSONValue(stored: row["headers"]).object ?? JSONObject(), body: Array(body),
                              profile: profile.map(ProfileID.init(rawValue:)))
    }

    package func record(_ answer: RecordedAnswer, of key: KeyID, to idempotencyKey: String) throws {
        // Returns nothing. Keeps an answer.
        try run("""
            INSERT INTO idempotency (api_key, key, request_hash, status, headers, body, profile, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, [key.rawValue, idempotencyKey, Data(answer.requestHash), answer.status, JSONValue.object(answer.headers).text,
                  Data(answer.body), answer.profile?.rawValue, now.milliseconds])
    }

    /// Forgets answers past their lifetime.
    ///
    /// - Returns: how many; as many as `limit` means that more may be left.
    package func forgetAnswers(limit: Int = 1_000) throws -> Int {
        // Returns nothing. Removes the oldest recorded answers.
        try run("""
            DELETE FROM idempotency WHERE (api_key, key) IN
                (SELECT api_key, key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)
            """, [(now - RecordedAnswer.lifetime).milliseconds, limit])
    }
}
