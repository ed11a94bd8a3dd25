package import Core
import Foundation
import GRDB
package import Linux

/// clairon.db: profiles, subscriptions, consent, events, segments, campaigns, keys. What it can do is in one file of
/// queries for each noun.
package final class Store: Sendable {
    package let file: DatabaseFile
    /// The configured accounts by their row.
    package let accounts: [Int64: Account]
    package let accountIDs: [String: Int64]
    /// Keyed by this installation: look-up hashes, buckets and message keys come from it.
    package let hash: SipHash
    /// 32 random bytes of this installation, for signing what we hand out and get back (callback URLs).
    package let callbackSecret: [UInt8]
    package let time: any TimeSource

    /// Opens the file of a folder this process owns; the accounts of the configuration become rows.
    ///
    /// - Parameter maxPendingBytes: of requests and slices of imports that wait for their commit.
    package init(folder: DataFolder, accounts configured: [Account], maxPendingBytes: Int = 64 << 20, time: any TimeSource) throws {
        try DatabaseFile.migrate(path: folder.ledgerPath, schema: .ledger)
        file = try DatabaseFile(path: folder.storePath, schema: .store, secureDelete: true,
                                attaching: ["ledger": folder.ledgerPath], maxPendingBytes: maxPendingBytes, time: time)
        self.time = time
        let installed = try file.install(accounts: configured)
        hash = SipHash(key: installed.hashKey)
        callbackSecret = installed.callbackSecret
        accounts = installed.accounts
        accountIDs = Dictionary(uniqueKeysWithValues: installed.accounts.map { ($0.value.name, $0.key) })
    }

    package func account(named name: String) -> Account? { accountIDs[name].flatMap { accounts[$0] } }

    package var now: Timestamp { Timestamp(milliseconds: time.wallMilliseconds) }

    package func close() throws { try file.close() }
}

extension DatabaseFile {
    /// Makes the hash key at first, and a row for each configured account.
    ///
    /// - Throws: `StorageError.unusable` when an account's channel changed: its subscriptions would be another channel's.
    fileprivate func install(accounts: [Account]) throws -> (hashKey: [UInt8], callbackSecret: [UInt8], accounts: [Int64: Account]) {
        try writer.writeNow { db in
            try db.execute(sql: """
                INSERT OR IGNORE INTO meta (key, value)
                VALUES ('hash_key', randomblob(16)), ('callback_secret', randomblob(32))
                """)
            for account in accounts {
                try db.execute(sql: "INSERT INTO account (name, channel) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                               arguments: [account.name, account.channel.rawValue])
            }
            let rows = try Row.fetchAll(db, sql: "SELECT id, name, channel FROM account")
            var found: [Int64: Account] = [:]
            for row in rows {
                guard let account = accounts.first(where: { $0.name == row["name"] }) else { continue }
                guard account.channel.rawValue == row["channel"] else {
                    throw StorageError.unusable("account \(account.name) was a \(row["channel"] as String) account: give the new one another name")
                }
                found[row["id"]] = account
            }
            func secret(_ name: String) throws -> [UInt8] {
                guard let bytes = try Data.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [name]) else {
                    throw StorageError.unusable("the \(name) of this installation is missing: restore clairon.db from a backup")
                }
                return Array(bytes)
            }
            return (try secret("hash_key"), try secret("callback_secret"), found)
        }
    }
}
