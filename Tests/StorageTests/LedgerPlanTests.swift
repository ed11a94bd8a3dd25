import Core
import GRDB
@testable import Storage
import Testing

/// The statements that run all day must use their indexes, however large the ledger grows.
@Suite struct LedgerPlanTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let sql: String
        let uses: [String]
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "due", sql: LeaseSQL.due, uses: [
            "SEARCH delivery USING COVERING INDEX delivery_due (run=? AND account=? AND next_at<?)", "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)",
        ]),
        Case(name: "recipients", sql: LeaseSQL.recipients, uses: ["SEARCH s USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"]),
        Case(name: "tags", sql: LeaseSQL.tags, uses: ["SEARCH t USING PRIMARY KEY (profile=?)"]),
        Case(name: "lease", sql: LeaseSQL.lease, uses: ["SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)"]),
        Case(name: "intend", sql: SendSQL.intend, uses: [
            "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)",
        ]),
        Case(name: "message due", sql: MessageSQL.due, uses: ["SEARCH delivery USING INDEX delivery_urgent (account=? AND next_at<?)"]),
        Case(name: "message candidates", sql: MessageSQL.candidates, uses: [
            "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)",
        ]),
        Case(name: "messages waiting", sql: MessageSQL.waiting, uses: ["INDEX message_waiting"]),
        Case(name: "resolve", sql: ResolveSQL.settle, uses: [
            "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)", "INDEX delivery_ended (run=? AND state=?",
        ]),
        Case(name: "message event", sql: MessageEventSQL.note, uses: [
            "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH e USING PRIMARY KEY (type=?)", "SEARCH w USING INTEGER PRIMARY KEY (rowid=?)",
        ]),
        Case(name: "record", sql: SendSQL.record, uses: ["SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)"]),
        Case(name: "next chunk", sql: FreezeSQL.nextChunk, uses: ["SEARCH c USING INDEX chunk_next (run=? AND account=?)"]),
        Case(name: "report", sql: ReportSQL.cells, uses: [
            "SEARCH delivery USING COVERING INDEX delivery_ended (run=?)",
            "SEARCH delivery USING COVERING INDEX delivery_due (run=?)", "SEARCH delivery USING INDEX delivery_claimed (run=?)",
        ]),
        Case(name: "sweep", sql: FinishSQL.sweep, uses: ["INDEX delivery_due (run=?)", "SEARCH delivery USING INTEGER PRIMARY KEY (rowid=?)"]),
        Case(name: "resend at boot", sql: BootSQL.resend, uses: ["INDEX delivery_claimed"]),
        Case(name: "callback", sql: StatusSQL.byProvider, uses: ["INDEX delivery_by_provider (account=? AND provider_id=?)"]),
        Case(name: "open count", sql: FinishSQL.open, uses: [
            "COVERING INDEX delivery_due (run=?)", "INDEX delivery_claimed (run=?)", "COVERING INDEX chunk_next (run=?)",
        ]),
    ]

    @Test(arguments: cases)
    func `uses its indexes`(_ test: Case) async throws {
        let fixture = try await LedgerFixture()
        let plan = try await fixture.ledger.file.writer.write { db in
            // Unbound parameters are NULL, which is as good as any value for a plan.
            let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + test.sql)
            statement.setUncheckedArguments(StatementArguments())
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
        for use in test.uses { #expect(plan.contains { $0.contains(use) }, "\(use) in \(plan)") }
        // What may be scanned is small by nature: bound lists, subqueries, and the open rows of all runs at boot.
        let small = ["SCAN due", "VIRTUAL TABLE", "subquery", "CONSTANT ROW", "delivery_claimed"]
        #expect(!plan.contains { step in step.hasPrefix("SCAN") && !small.contains { step.contains($0) } }, "\(plan)")
        try fixture.close()
    }
}
