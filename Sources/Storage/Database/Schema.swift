import GRDB

/// The migrations of each database file, in order. `PRAGMA user_version` counts the ones applied.
package enum Schema: Sendable {
    /// clairon.db
    case store
    /// ledger-*.db
    case ledger

    var migrations: [(name: String, sql: [UInt8])] {
        switch self {
        case .store:
            [
                ("0001_meta", PackageResources._001_meta_sql),
                ("0002_account", PackageResources._002_account_sql),
                ("0003_profile", PackageResources._003_profile_sql),
                ("0004_subscription", PackageResources._004_subscription_sql),
                ("0005_event", PackageResources._005_event_sql),
                ("0006_segment", PackageResources._006_segment_sql),
                ("0007_campaign", PackageResources._007_campaign_sql),
                ("0008_key", PackageResources._008_key_sql),
                ("0009_import", PackageResources._009_import_sql),
                ("0011_key_rotation", PackageResources._011_key_rotation_sql),
                ("0012_audit", PackageResources._012_audit_sql),
                ("0013_import_label", PackageResources._013_import_label_sql),
                ("0014_webhook", PackageResources._014_webhook_sql),
                ("0015_account_pace", PackageResources._015_account_pace_sql),
                ("0016_message", PackageResources._016_message_sql),
                ("0020_import_label_length", PackageResources._020_import_label_length_sql),
                ("0021_upload", PackageResources._021_upload_sql),
                ("0023_consent_decision", PackageResources._023_consent_decision_sql),
            ]
        case .ledger:
            [
                ("0010_ledger", PackageResources._010_ledger_sql),
                ("0017_ledger_delivery", PackageResources._017_ledger_delivery_sql),
                ("0018_ledger_message", PackageResources._018_ledger_message_sql),
                ("0019_ledger_resolution", PackageResources._019_ledger_resolution_sql),
                ("0022_ledger_message_event", PackageResources._022_ledger_message_event_sql),
            ]
        }
    }

    /// Marks a file as ours: `Clai` and `Clal`.
    var applicationID: Int32 {
        switch self {
        case .store: 0x436C_6169
        case .ledger: 0x436C_616C
        }
    }

    /// Brings a file up to date, one transaction for each migration.
    ///
    /// - Throws: `StorageError.unusable` for a file of another program or of a newer version.
    func migrate(_ db: GRDB.Database) throws {
        let migrations = migrations
        let found = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if version > 0 || found != 0 {
            guard found == applicationID else { throw StorageError.unusable("the file belongs to another program") }
        }
        guard version <= migrations.count else {
            throw StorageError.unusable("the file is at schema \(version), this version knows \(migrations.count): install the newer version again")
        }
        for (index, migration) in migrations.enumerated().dropFirst(version) {
            try db.inTransaction(.immediate) {
                try db.execute(sql: String(decoding: migration.sql, as: UTF8.self))
                try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(index + 1)")
                guard try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil else {
                    throw StorageError.unusable("migration \(migration.name) would leave dangling references")
                }
                return .commit
            }
        }
    }
}
