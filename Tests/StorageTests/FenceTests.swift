import Core
import GRDB
import Linux
@testable import Storage
import Testing

@Suite struct FenceTests {
    /// A transaction of the ledger sees clairon.db as it was when the first of its statements looked.
    @Test func `a fence waits for the transactions that have not seen a pause`() async throws {
        let fixture = try await LedgerFixture()
        let run = try await fixture.freeze(fixture.addPeople(4))
        let ids = try await fixture.lease(run).deliveries.map(\.id)
        let gate = Gate()
        let writer = fixture.ledger.file.writer
        let holder = Task {
            try await writer.write { db in
                _ = try Row.fetchOne(db, sql: "SELECT count(*) FROM app.campaign")
                gate.pass()
            }
        }
        await gate.entered()
        // The first two are claimed by the transaction that is under way, which goes on without knowing of the pause.
        let (ledger, epoch, now) = (fixture.ledger, fixture.epoch, fixture.now)
        let early = Task { try await FenceTests.intend(Array(ids.prefix(2)), ledger, epoch, now) }
        while writer.backlog < 2 { await Task.yield() }
        try await fixture.move(to: .paused)
        let fenced = Lock(false)
        let fence = Task {
            await ledger.fence()
            fenced.withLock { $0 = true }
        }
        while writer.backlog < 3 { await Task.yield() }
        #expect(!fenced.withLock { $0 })
        gate.open()
        await fence.value
        let sending = try await fixture.byState(run)[.sending] ?? 0
        try await holder.value
        _ = try await early.value
        #expect(try await FenceTests.intend(Array(ids.suffix(2)), ledger, epoch, now).isEmpty)
        #expect(try await fixture.byState(run)[.sending] ?? 0 == sending, "nothing has begun since the fence")
        try fixture.close()
    }

    private static func intend(_ ids: [DeliveryID], _ ledger: Ledger, _ epoch: Int64, _ now: Timestamp) async throws -> Set<DeliveryID> {
        try await withCheckedThrowingContinuation { continuation in
            ledger.intend(ids, epoch: epoch, now: now) { continuation.resume(with: $0) }
        }
    }
}
