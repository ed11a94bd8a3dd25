import Core
import GRDB
import Linux
@testable import Storage
import Testing

/// Random operations, crashes among them, against a model of the ledger in memory.
@Suite struct LedgerModelTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `agrees with the model after every step, and loses nobody`(_ seed: UInt64) async throws {
        var play = try await LedgerPlay(seed: seed)
        for step in 0..<250 {
            let name = try await play.step()
            try await play.check("seed \(seed), step \(step): \(name)")
        }
        try await play.drain()
        try play.fixture.close()
    }
}

/// The ledger and what a model of it expects.
private struct LedgerPlay {
    struct Row: Equatable {
        var account: Int64
        var state = DeliveryState.pending
        var reason: Reason?
        var attempt = 0
        var failures = 0
        var boots = 0
        var nextAt: Int64 = 0
        var optedIn = true
        var valid = true
    }

    let fixture: LedgerFixture
    let run: LedgerRun
    var random: SplitMix
    /// By subscription.
    var model: [Int64: Row] = [:]
    var ids: [Int64: DeliveryID] = [:]
    var state = CampaignState.running
    let audience: Int

    init(seed: UInt64) async throws {
        fixture = try await LedgerFixture()
        random = SplitMix(state: seed)
        let members = [fixture.ios: try await fixture.addPeople(45), fixture.phone: try await fixture.addPeople(30, on: fixture.phone)]
        for (account, people) in members { for one in people { model[Int64(one.subscription)] = Row(account: account) } }
        run = try await fixture.ledger.freeze(campaign: fixture.campaign, kind: .launch,
                                              audience: FrozenAudience(members: members, unreached: [5_001, 5_002, 5_003]), expiresAt: nil)
        audience = 78
    }

    mutating func step() async throws -> String {
        switch random.next(100) {
        case 0..<22: try await lease(); return "lease"
        case 22..<42: try await intend(); return "intend"
        case 42..<66: try await record(); return "record"
        case 66..<70: try await release(); return "release"
        case 70..<73: try await refuse(); return "refuse"
        case 73..<80: try await callback(); return "callback"
        case 80..<86: try await changeSubscription(); return "subscription"
        case 86..<91: try await pauseOrResume(); return "pause or resume"
        case 91..<94: fixture.time.advance(milliseconds: Int64(random.next(5_000))); return "time"
        case 94..<96: try await finish(); return "finish"
        default: try await crash(); return "crash"
        }
    }

    private mutating func lease() async throws {
        let account = random.next(2) == 0 ? fixture.ios : fixture.phone
        let limit = 1 + random.next(12)
        let lease = try await fixture.lease(run, limit, on: account)
        try await learnIDs()
        let leased = Set(lease.deliveries.map(\.recipient.subscription.rawValue))
        #expect(leased.count <= limit)
        #expect(state == .running || leased.isEmpty)
        for delivery in lease.deliveries {
            guard var row = model[delivery.recipient.subscription.rawValue] else { continue }
            #expect(row.state == .pending && row.account == account && row.optedIn && row.valid)
            #expect(row.nextAt <= fixture.now.milliseconds)
            #expect(delivery.attempt == row.attempt + 1 && delivery.failures == row.failures)
            row.state = .leased
            model[delivery.recipient.subscription.rawValue] = row
        }
        // Who may not be reached is found before the lease goes on to others: the database says which were looked at.
        var skipped = 0
        for record in try await fixture.all(run) where record.state == .skipped {
            guard let subscription = record.subscription?.rawValue, var row = model[subscription], row.state == .pending else { continue }
            #expect(state == .running && row.account == account && !(row.optedIn && row.valid))
            row.state = .skipped
            row.reason = row.optedIn ? .subscriptionInvalid : .noConsent
            model[subscription] = row
            skipped += 1
        }
        #expect(lease.skipped == skipped)
        let more = model.values.contains { $0.account == account && $0.state == .pending && $0.nextAt <= fixture.now.milliseconds }
        if state == .running {
            #expect(lease.rests.first?.hasMore == more)
            #expect(leased.count == limit || !more)
        }
    }

    private mutating func intend() async throws {
        let chosen = pick(.leased)
        let strangers = pick(.accepted, .sending, .pending).prefix(2)
        let asked = chosen + strangers
        let intended = try await fixture.intend(asked.compactMap { ids[$0] })
        for subscription in chosen {
            guard var row = model[subscription], let id = ids[subscription] else { continue }
            let may = state == .running && row.optedIn && row.valid
            #expect(intended.contains(id) == may)
            row.state = may ? .sending : .pending
            row.attempt += may ? 1 : 0
            model[subscription] = row
        }
        #expect(intended.isDisjoint(with: strangers.compactMap { ids[$0] }))
    }

    private mutating func record() async throws {
        var stale = 0
        var results: [DeliveryResult] = []
        // One of a boot before, or of another attempt, now and then.
        let wrongBoot = random.next(8) == 0
        for subscription in pick(.sending) + pick(.leased, .rejected, .unknown, .pending).prefix(1) {
            guard var row = model[subscription], let id = ids[subscription] else { continue }
            let wrongAttempt = random.next(10) == 0
            let at = fixture.now.milliseconds + Int64(random.next(4_000))
            let (verdict, end): (DeliveryResult.Verdict, (inout Row) -> Void) = switch random.next(7) {
            case 0: (.retry(at: Timestamp(milliseconds: at), detail: "503", countsAttempt: true),
                     { $0.state = .pending; $0.nextAt = at; $0.failures += 1 })
            case 1: (.retry(at: Timestamp(milliseconds: at), detail: "401", countsAttempt: false),
                     { $0.state = .pending; $0.nextAt = at })
            case 2: (.rejected(.providerPermanent, detail: "410"), { $0.state = .rejected; $0.reason = .providerPermanent })
            case 3: (.gaveUp(detail: "503"), { $0.state = .dead; $0.reason = .providerGaveUp })
            case 4: (.unknown(detail: "timeout"), { $0.state = .unknown; $0.reason = .outcomeUnknown })
            default: (.accepted(providerID: "m\(id.rawValue)"), { $0.state = .accepted })
            }
            results.append(DeliveryResult(id: id, attempt: row.attempt + (wrongAttempt ? 1 : 0), verdict: verdict))
            if row.state == .sending, !wrongAttempt, !wrongBoot {
                row.nextAt = 0
                end(&row)
                model[subscription] = row
            } else {
                stale += 1
            }
        }
        #expect(try await fixture.record(results, epoch: fixture.epoch - (wrongBoot ? 1 : 0)) == stale)
    }

    private mutating func release() async throws {
        let chosen = pick(.leased)
        #expect(try await fixture.release(chosen.compactMap { ids[$0] }) == chosen.count)
        for subscription in chosen { model[subscription]?.state = .pending }
    }

    private mutating func refuse() async throws {
        let chosen = Array(pick(.leased).prefix(2))
        #expect(try await fixture.refuse(chosen.compactMap { ids[$0].map { Refusal(id: $0, reason: .capReached) } }) == chosen.count)
        for subscription in chosen {
            model[subscription]?.state = .skipped
            model[subscription]?.reason = .capReached
        }
    }

    private mutating func callback() async throws {
        let known = ids.keys.sorted()
        guard !known.isEmpty else { return }
        let subscription = known[random.next(known.count)]
        guard var row = model[subscription], let id = ids[subscription] else { return }
        let to = [DeliveryState.delivered, .opened, .clicked, .rejected][random.next(4)]
        let waits: Set<DeliveryState> = [.pending, .leased, .sending]
        let moves = if to == .rejected {
            [.sending, .accepted, .unknown].contains(row.state)
        } else {
            row.attempt > 0 && (waits.contains(row.state) || (row.state.rank ?? .max) < (to.rank ?? 0))
        }
        let effect = try await fixture.ledger.apply(to, to: .delivery(id), account: row.account, detail: "", at: fixture.now)
        #expect(effect == (moves ? .moved(id, to) : .unchanged))
        guard moves else { return }
        row.state = to
        row.reason = to == .rejected ? .providerPermanent : nil
        model[subscription] = row
    }

    private mutating func changeSubscription() async throws {
        let all = model.keys.sorted()
        let subscription = all[random.next(all.count)]
        guard var row = model[subscription] else { return }
        if random.next(3) == 0 { row.valid.toggle() } else { row.optedIn.toggle() }
        model[subscription] = row
        try await fixture.sql("UPDATE subscription SET opt_in = ?, status = ?, invalid_at = ? WHERE id = ?",
                              [row.optedIn, row.valid ? "active" : "invalid", row.valid ? nil : 1, subscription])
    }

    private mutating func pauseOrResume() async throws {
        state = state == .running ? .paused : .running
        try await fixture.move(to: state)
    }

    private mutating func finish() async throws {
        let open = model.values.filter { !$0.state.isTerminal }.count
        let completion = try await fixture.ledger.finishIfDone(run.id)
        if open > 0 { #expect(completion == .open(open)) }
    }

    private mutating func crash() async throws {
        let recovery = random.next(3) == 0 ? try await fixture.crash() : try await fixture.restart()
        var expected = Recovery(epoch: recovery.epoch)
        for (subscription, var row) in model {
            switch row.state {
            case .leased:
                row.state = .pending
                expected.released += 1
            case .sending:
                row.boots += 1
                if row.account == fixture.phone {
                    (row.state, row.reason) = (.unknown, .outcomeUnknown)
                    expected.unknown += 1
                } else if row.boots >= 3 {
                    (row.state, row.reason) = (.dead, .providerGaveUp)
                    expected.dead += 1
                } else {
                    row.state = .pending
                    expected.resent += 1
                }
            default: continue
            }
            model[subscription] = row
        }
        #expect(recovery == expected)
    }

    func check(_ step: String) async throws {
        let report = try #require(try await fixture.ledger.report(run.id))
        #expect(report.total == audience, "\(step)")
        #expect(try await fixture.ledger.verify().isEmpty, "\(step)")
        var seen = 0
        for record in try await fixture.all(run) {
            guard let subscription = record.subscription?.rawValue else {
                #expect(record.state == .skipped && record.reason == .noSubscription, "\(step)")
                continue
            }
            seen += 1
            let row = try #require(model[subscription])
            #expect(record.state == row.state && record.reason == row.reason && record.attempt == row.attempt,
                    "\(step): \(record) is not \(row)")
        }
        #expect(seen == ids.count, "\(step)")
        // Members without a row are waiting, in the model as in the ledger.
        #expect(model.filter { ids[$0.key] == nil }.values.allSatisfy { $0.state == .pending }, "\(step)")
    }

    /// Sends what is left without further accidents.
    mutating func drain() async throws {
        if state == .paused { try await pauseOrResume() }
        for _ in 0..<100 {
            for _ in 0..<10 { try await lease() }
            try await intend()
            try await release()
            try await record()
            fixture.time.advance(milliseconds: 5_000)
            if model.values.allSatisfy(\.state.isTerminal) { break }
        }
        try await check("drained")
        #expect(try await fixture.ledger.finishIfDone(run.id) == .finished(at: fixture.now))
        #expect(try await fixture.all(run).count == audience)
    }

    /// Some of the rows in these states, in a random order.
    private mutating func pick(_ states: DeliveryState...) -> [Int64] {
        var found = ids.keys.filter { states.contains(model[$0]?.state ?? .dead) }.sorted()
        for index in found.indices.reversed() { found.swapAt(index, random.next(index + 1)) }
        return Array(found.prefix(1 + random.next(8)))
    }

    private mutating func learnIDs() async throws {
        for record in try await fixture.all(run) {
            if let subscription = record.subscription { ids[subscription.rawValue] = record.id }
        }
    }
}

/// Steele, Lea and Flood's generator: small, seeded, the same everywhere.
private struct SplitMix {
    var state: UInt64

    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ z >> 31) % UInt64(bound))
    }
}
