import Foundation
import GRDB
@testable import Storage
import Testing

/// A ledger that an earlier version wrote is the same afterwards, row by row.
@Suite struct LedgerMigrationTests {
    @Test func `rows of the first version come through`() throws {
        let folder = TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let path = folder.path + "/ledger.db"
        let before: [Row]
        do {
            let old = try DatabaseQueue(path: path)
            before = try old.write { db in
                try db.execute(sql: String(decoding: Schema.ledger.migrations[0].sql, as: UTF8.self))
                try db.execute(sql: "PRAGMA application_id = \(Schema.ledger.applicationID); PRAGMA user_version = 1")
                try db.execute(sql: """
                    INSERT INTO run (id, campaign, kind, test, audience, frozen_at) VALUES (1, 7, 'launch', NULL, 4, 5), (2, 7, 'test', 3, 1, 6);
                    INSERT INTO delivery (id, run, profile, subscription, account, channel, state, reason, detail, attempt, epoch, provider_id, updated_at) VALUES
                        (1, 1, 10, 20, 1, 'sms', 'accepted', NULL, NULL, 1, NULL, 'm1', 9), (2, 1, 11, 21, 1, 'sms', 'sending', NULL, NULL, 2, 4, NULL, 9),
                        (3, 1, 12, NULL, NULL, NULL, 'skipped', 'no_subscription', NULL, 0, NULL, NULL, 9), (4, 1, 13, 23, 1, 'sms', 'pending', NULL, '503', 1, NULL, NULL, 9),
                        (9, 2, 10, 20, 1, 'sms', 'dead', 'provider_gave_up', 'x', 6, NULL, NULL, 9)
                    """)
                return try Row.fetchAll(db, sql: "SELECT * FROM delivery ORDER BY id")
            }
            try old.close()
        }
        try DatabaseFile.migrate(path: path, schema: .ledger)

        let new = try DatabaseQueue(path: path)
        try new.write { db in
            let columns = before[0].columnNames.joined(separator: ", ")
            #expect(try Row.fetchAll(db, sql: "SELECT \(columns) FROM delivery ORDER BY id") == before)
            #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == Schema.ledger.migrations.count)
            #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
            #expect(try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil)
            // What was refused still is, and what goes with its run still does.
            for nonsense in ["state = 'sent'", "epoch = 1", "reason = 'expired'", "failures = 2", "channel = NULL", "urgent = 2"] {
                #expect(throws: DatabaseError.self) { try db.execute(sql: "UPDATE delivery SET \(nonsense) WHERE id = 1") }
            }
            try db.execute(sql: "INSERT INTO run (campaign, kind, message, audience, frozen_at) VALUES (0, 'message', 1, 1, 5)")
            try db.execute(sql: "DELETE FROM run WHERE id = 1")
            #expect(try Int.fetchAll(db, sql: "SELECT id FROM delivery") == [9])
        }
        try new.close()
    }
}
