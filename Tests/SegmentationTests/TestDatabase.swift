import Core
import GRDB
import Glibc
import Segmentation

/// Real SQLite files with the schema of Migrations/, the ledger attached as the server attaches it.
final class TestDatabase {
    let folder: String
    let queue: DatabaseQueue

    init(_ people: [Person] = []) throws {
        var template = Array("/tmp/clairon-segmentation-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXFailure() }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let migrations = try TestDatabase.migrations()
        let ledger = try DatabaseQueue(path: folder + "/ledger.db")
        try ledger.inDatabase { db in for file in migrations where file.contains("-- ledger-") { try db.execute(sql: file) } }
        try ledger.close()
        queue = try DatabaseQueue(path: folder + "/clairon.db")
        let path = folder + "/ledger.db"
        try queue.inDatabase { db in
            for file in migrations where !file.contains("-- ledger-") { try db.execute(sql: file) }
            try db.execute(sql: "ATTACH DATABASE ? AS ledger", arguments: [path])
        }
        try queue.inDatabase { db in
            try db.inTransaction {
                try db.execute(sql: "INSERT INTO account (id, name, channel) VALUES (1, 'any', 'apns')")
                for person in people { try TestDatabase.insert(person, db) }
                return .commit
            }
        }
    }

    deinit {
        try? queue.close()
        for name in ["clairon.db", "ledger.db"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    struct POSIXFailure: Error {}

    /// The texts of Migrations/*.sql in order.
    private static func migrations(from file: String = #filePath) throws -> [String] {
        let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        guard let directory = opendir(root + "/Migrations") else { throw POSIXFailure() }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasSuffix(".sql") { names.append(name) }
        }
        return try names.sorted().map { name in
            guard let file = fopen(root + "/Migrations/" + name, "r") else { throw POSIXFailure() }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    private static func insert(_ person: Person, _ db: Database) throws {
        try db.execute(sql: """
            INSERT INTO profile (id, external_id, external_hash, language, country, latitude, longitude, attributes, bucket,
                last_seen_at, created_at, updated_at) VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, 0, 0)
            """, arguments: [person.id, "u\(person.id)", person.language, person.country, person.place?.latitude,
                             person.place?.longitude, JSONValue.object(person.attributes).text, person.bucket, person.lastSeen])
        for tag in person.tags {
            try db.execute(sql: "INSERT INTO profile_tag VALUES (?, ?)", arguments: [person.id, tag])
        }
        for event in person.events {
            try db.execute(sql: "INSERT INTO event (external_id, external_hash, profile, name, at, properties) VALUES ('', 0, ?, ?, ?, ?)",
                           arguments: [person.id, event.name, event.at, JSONValue.object(event.properties).text])
        }
        for subscription in person.subscriptions {
            try db.execute(sql: """
                INSERT INTO subscription (profile, account, channel, address, address_hash, opt_in, status, invalid_at, app_version,
                    app_version_key, registered_at, updated_at) VALUES (?, 1, ?, '', 0, ?, ?, ?, ?, ?, 0, 0)
                """, arguments: [person.id, subscription.channel.rawValue, subscription.isOptedIn,
                                 subscription.isActive ? "active" : "invalid", subscription.isActive ? nil : 0,
                                 subscription.appVersion, subscription.appVersion.flatMap(AppVersion.init)?.sortKey])
            let id = db.lastInsertedRowID
            for topic in subscription.topics {
                try db.execute(sql: "INSERT INTO subscription_topic VALUES (?, ?)", arguments: [id, topic])
            }
        }
        for (index, delivery) in person.deliveries.enumerated() {
            try db.execute(sql: """
                INSERT OR IGNORE INTO ledger.run (id, campaign, kind, test, audience, frozen_at) VALUES (?, ?, ?, ?, 0, 0)
                """, arguments: [delivery.campaign * 2 + (delivery.isTest ? 1 : 0), delivery.campaign,
                                 delivery.isTest ? "test" : "launch", delivery.isTest ? delivery.campaign : nil])
            // The schema wants a reason exactly where nothing was delivered, and an attempt where something left.
            let hasReason = [.skipped, .expired, .cancelled, .rejected, .dead, .unknown].contains(delivery.state)
            let hasLeft = delivery.state.rank != nil || delivery.state == .rejected || delivery.state == .dead
            try db.execute(sql: """
                INSERT INTO ledger.delivery (run, profile, subscription, account, channel, state, reason, attempt, updated_at)
                VALUES (?, ?, ?, 1, 'apns', ?, ?, ?, 0)
                """, arguments: [delivery.campaign * 2 + (delivery.isTest ? 1 : 0), person.id,
                                 person.id * 100 + Int64(index), delivery.state.rawValue,
                                 hasReason ? "suppressed" : nil, hasLeft ? 1 : 0])
        }
    }

    /// The ids of the profiles that the compiled fragment selects.
    func select(_ fragment: SQLFragment) throws -> Set<Int64> {
        try queue.inDatabase { db in
            try Int64.fetchSet(db.cachedStatement(sql: "SELECT p.id FROM profile p WHERE \(fragment.sql)"),
                               arguments: StatementArguments(fragment.arguments.map(\.databaseValue)))
        }
    }

    /// The values of the fragment: 0 or 1, nil where it is null.
    func verdicts(_ fragment: SQLFragment) throws -> [Int?] {
        try queue.inDatabase { db in
            try Row.fetchAll(db, sql: "SELECT \(fragment.sql) FROM profile p ORDER BY p.id",
                             arguments: StatementArguments(fragment.arguments.map(\.databaseValue))).map { $0[0] }
        }
    }

    /// The lines of EXPLAIN QUERY PLAN for counting the fragment.
    func plan(_ fragment: SQLFragment) throws -> String {
        try queue.inDatabase { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN SELECT p.id FROM profile p WHERE \(fragment.sql)",
                             arguments: StatementArguments(fragment.arguments.map(\.databaseValue)))
                .map { $0["detail"] as String }.joined(separator: "\n")
        }
    }
}

extension SQLArgument {
    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .int(let value): value.databaseValue
        case .double(let value): value.databaseValue
        case .text(let value): value.databaseValue
        }
    }
}

/// Reads a condition that must be valid.
func condition(_ json: JSONValue) throws -> Condition {
    let errors = FieldErrors()
    let condition = Condition(json, errors: errors)
    try errors.check()
    guard let condition else { throw InvalidInput("", "nil_without_error", "\(json.text)") }
    return condition
}

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }
