import Core
import GRDB
@testable import Storage
import Testing

/// Every operation on a row in every state: the legal moves, and that all others change nothing and say so.
@Suite struct LedgerTransitionTests {
    struct Operation: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// From each state it moves, to which.
        let moves: [DeliveryState: DeliveryState]
        /// Returns whether the operation says that it changed the row.
        let run: @Sendable (LedgerFixture, DeliveryID) async throws -> Bool
    }

    private static func recording(_ name: String, _ verdict: DeliveryResult.Verdict, to state: DeliveryState) -> Operation {
        Operation(testDescription: "record " + name, moves: [.sending: state]) { try await $0.record($1, verdict) == 0 }
    }

    private static func callback(_ state: DeliveryState, from sources: Set<DeliveryState>) -> Operation {
        Operation(testDescription: "callback \(state)", moves: Dictionary(uniqueKeysWithValues: sources.map { ($0, state) })) {
            let effect = try await $0.ledger.apply(state, to: .delivery($1), account: $0.ios, detail: "x", at: $0.now)
            return effect == .moved($1, state)
        }
    }

    static let operations: [Operation] = [
        recording("accepted", .accepted(providerID: nil), to: .accepted),
        recording("retry", .retry(at: Timestamp(milliseconds: 7), detail: "503", countsAttempt: true), to: .pending),
        recording("rejected", .rejected(.providerPermanent, detail: "410"), to: .rejected),
        recording("expired", .expired, to: .expired),
        recording("gave up", .gaveUp(detail: "503"), to: .dead),
        recording("unknown", .unknown(detail: "timeout"), to: .unknown),
        Operation(testDescription: "record another attempt", moves: [:]) { try await $0.record($1, attempt: 2, .expired) == 0 },
        Operation(testDescription: "record of another boot", moves: [:]) {
            try await $0.record($1, .accepted(providerID: nil), epoch: $0.epoch + 1) == 0
        },
        Operation(testDescription: "intend", moves: [.leased: .sending]) { try await !$0.intend([$1]).isEmpty },
        Operation(testDescription: "intend of another boot", moves: [:]) { try await !$0.intend([$1], epoch: $0.epoch + 1).isEmpty },
        Operation(testDescription: "release", moves: [.leased: .pending]) { try await $0.release([$1]) == 1 },
        Operation(testDescription: "release of another boot", moves: [:]) { try await $0.release([$1], epoch: $0.epoch - 1) == 1 },
        Operation(testDescription: "refuse", moves: [.leased: .skipped]) {
            try await $0.refuse([Refusal(id: $1, reason: .capReached)]) == 1
        },
        Operation(testDescription: "refuse as expired", moves: [.leased: .expired]) {
            try await $0.refuse([Refusal(id: $1, reason: .expired)]) == 1
        },
        Operation(testDescription: "refuse of another boot", moves: [:]) {
            try await $0.refuse([Refusal(id: $1, reason: .capReached)], epoch: $0.epoch + 1) == 1
        },
        Operation(testDescription: "cancel", moves: [.pending: .cancelled]) { fixture, _ in
            try await fixture.ledger.cancel(fixture.campaign) == 1
        },
        Operation(testDescription: "lease", moves: [.pending: .leased]) { fixture, _ in
            let open = try await fixture.ledger.openRuns()
            return try await !fixture.lease(#require(open.first)).deliveries.isEmpty
        },
        callback(.accepted, from: [.pending, .leased, .sending, .unknown]),
        callback(.delivered, from: [.pending, .leased, .sending, .unknown, .accepted]),
        callback(.opened, from: [.pending, .leased, .sending, .unknown, .accepted, .delivered]),
        callback(.clicked, from: [.pending, .leased, .sending, .unknown, .accepted, .delivered, .opened]),
        callback(.rejected, from: [.sending, .accepted, .unknown]),
        callback(.pending, from: []),
        callback(.dead, from: []),
    ]

    @Test(arguments: operations)
    func `moves what it may and nothing else`(_ operation: Operation) async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(1))
        let id = try #require(try await fixture.lease(run).deliveries.first).id
        for state in DeliveryState.allCases {
            try await put(fixture, id, into: state, attempt: 1)
            let before = try await fixture.delivery(id)
            let said = try await operation.run(fixture, id)
            let after = try await fixture.delivery(id)
            #expect(after.state == operation.moves[state] ?? state, "from \(state)")
            #expect(said == (operation.moves[state] != nil), "from \(state)")
            if operation.moves[state] == nil { #expect(after == before, "from \(state)") }
        }
        try fixture.close()
    }

    @Test func `a callback does not settle a row that was never attempted`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(1))
        let id = try #require(try await fixture.lease(run).deliveries.first).id
        for state in [DeliveryState.pending, .leased] {
            try await put(fixture, id, into: state, attempt: 0)
            #expect(try await fixture.ledger.apply(.delivered, to: .delivery(id), account: fixture.ios, detail: "", at: fixture.now) == .unchanged)
            #expect(try await fixture.delivery(id).state == state)
        }
        try fixture.close()
    }

    @Test func `the schema refuses rows that make no sense`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(try await fixture.addPeople(1))
        let id = try #require(try await fixture.lease(run).deliveries.first).id
        for change in [
            "state = 'skipped', epoch = NULL", "state = 'accepted', epoch = NULL", "state = 'accepted'", "state = 'sending'",
            "state = 'pending'", "state = 'pending', epoch = NULL, reason = 'holdout'", "state = 'gone'", "failures = 1",
            "subscription = NULL", "account = NULL", "profile = NULL",
        ] {
            await #expect(throws: DatabaseError.self, "\(change)") {
                try await fixture.ledger.file.writer.write { db in
                    try db.execute(sql: "UPDATE delivery SET \(change) WHERE id = ?", arguments: [id.rawValue])
                }
            }
        }
        #expect(try await fixture.delivery(id).state == .leased)
        try fixture.close()
    }

    private func put(_ fixture: LedgerFixture, _ id: DeliveryID, into state: DeliveryState, attempt: Int) async throws {
        let reasons: Set<DeliveryState> = [.skipped, .expired, .cancelled, .rejected, .dead, .unknown]
        let epoch = fixture.epoch
        try await fixture.ledger.file.writer.write { db in
            try db.execute(sql: """
                UPDATE delivery SET state = ?, reason = ?, detail = NULL, epoch = ?, attempt = ?, failures = 0, next_at = 0,
                    language = 'fr', provider_id = NULL WHERE id = ?
                """, arguments: [state.rawValue, reasons.contains(state) ? "holdout" : nil,
                                 [.leased, .sending].contains(state) ? epoch : nil, attempt, id.rawValue])
        }
    }
}
