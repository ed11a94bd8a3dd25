import Core
import GRDB
import Linux
import Storage
import Testing

@Suite struct QueryPlanTests {
    let folder = TemporaryFolder()

    /// What a request or an import line runs must find its rows by an index, however many there are.
    @Test func `no statement of the audience reads a whole table`() async throws {
        let store = try folder.store(accounts: [Account(name: "sms", channel: .sms)], time: ManualTime())
        let webhook = try await store.write { try $0.createWebhook(url: "https://example.com/", description: "", events: WebhookEvent.offered) }
        let trace = Lock<[String]>([])
        try await store.file.writer.write { db in
            db.trace { event in
                guard case .statement(let statement) = event else { return }
                trace.withLock { $0.append(statement.sql) }
            }
        }
        let number = try #require(PhoneNumber(e164: "+33611223344"))
        let proof = ConsentProof(source: "form", topics: ["news"])
        try await store.write { transaction in
            for profile in ["u1", "u2"] {
                let registration = Registration(profile: profile, account: "sms", address: .sms(number), optIn: true, proof: proof)
                let id = try transaction.register(registration).value.id
                _ = try transaction.decide(false, subscription: id, proof: proof)
                _ = try transaction.decide(true, subscription: id, proof: proof)
                _ = try transaction.openWindow(subscription: id, until: transaction.now)
                _ = try transaction.invalidate(subscription: id, reason: "dead", at: transaction.now)
            }
            var change = ProfileChange()
            change.tags = .set(["vip"])
            let profile = try transaction.write(profile: "u1", change).value.id
            _ = try transaction.add(event: NewEvent(id: "e", profile: "u1", name: "x"), createsProfiles: true)
            _ = try transaction.events(of: profile, limit: 10)
            _ = try transaction.consents(of: profile, limit: 10)
            _ = try transaction.subscriptions(of: profile)
            let key = try transaction.add(key: NewAPIKey(name: "k", kind: .server, hash: Array(repeating: 1, count: 32), scopes: [])).id
            try transaction.touch(key: key, at: transaction.now)
            let answer = RecordedAnswer(requestHash: Array(repeating: 1, count: 32), status: 200, headers: [:], body: [], profile: profile)
            try transaction.record(answer, of: key, to: "a")
            _ = try transaction.recordedAnswer(of: key, to: "a")
            _ = try transaction.forgetAnswers()
            let job = try transaction.startImport(.events)
            _ = try transaction.imports(before: 5, limit: 10)
            var tally = ImportTally()
            tally.count([FieldError(pointer: "", code: "a", detail: "b")], line: 1)
            try transaction.advance(import: job, from: 0, by: tally)
            let upload = Upload(id: UploadID(rawValue: 1), format: .csv, createsProfiles: false)
            try transaction.start(upload: upload)
            try transaction.add(part: 1, [1], to: upload.id)
            try transaction.complete(upload: upload.id, parts: 1, as: job)
            _ = try transaction.firstUpload()
            _ = try transaction.part(1, of: upload.id)
            _ = try transaction.discardPiece(of: upload.id)
            _ = try transaction.end(import: job, .finished)
            _ = try transaction.revoke(key: key)
            _ = try transaction.deliveries(about: profile, after: 0, limit: 10)
            for delivery in try transaction.deliveries(of: webhook.id, limit: 10) {
                _ = try transaction.replay(delivery.id, of: webhook.id)
                _ = try transaction.record(WebhookAttempt(delivery: delivery.id, result: .delivered, responseStatus: 200, error: nil))
            }
            _ = try transaction.dueDeliveries(limit: 10)
            for profile in ["u1", "u2"] { _ = try transaction.erase(profile: profile) }
        }
        let statements = Set(trace.withLock { $0 }).filter { sql in ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) } }
        #expect(statements.count > 30)
        let plans = try await store.file.writer.write { db in
            try statements.flatMap { sql in
                let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
                // A plan needs no values.
                statement.setUncheckedArguments(StatementArguments())
                return try Row.fetchAll(statement).map { row in "\(row["detail"] as String): \(sql)" }
            }
        }
        #expect(plans.filter { $0.hasPrefix("SCAN") && !$0.hasPrefix("SCAN CONSTANT ROW") } == [])
        // However often somebody has changed their mind, the last withdrawal and a decision that is there already are found at once.
        for terms in ["subscription=? AND profile=? AND state=?", "subscription=? AND profile=? AND state=? AND at=?"] {
            #expect(plans.contains { $0.contains(" consent USING INDEX consent_by_decision (\(terms))") || $0.contains(" consent USING COVERING INDEX consent_by_decision (\(terms))") })
        }
        try store.close()
    }
}
