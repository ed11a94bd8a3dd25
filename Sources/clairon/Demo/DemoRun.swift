import Core
import Linux
import Sandbox

/// The course of the demonstration, first as the shop's systems, then as its marketer, then as an auditor.
///
/// Runs on a thread of its own, because its client blocks.
actor DemoRun {
    private let audience: DemoAudience
    private let sandbox: Sandbox
    private let requests: DemoRequests
    private let client: DemoClient
    private let screen: Screen
    private let thread: DemoThread
    private var walkIn: WalkIn?
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// The people whose addresses come one by one, as from an app.
    private static let walkIns = 10
    private static let linesPerImport = 5_000
    private static let rowsPerPage = 1_000

    init(_ audience: DemoAudience, sandbox: Sandbox, requests: DemoRequests, server: String, key: String, screen: Screen) throws {
        self.audience = audience
        self.sandbox = sandbox
        self.requests = requests
        self.screen = screen
        client = try DemoClient(baseURL: server, key: key)
        thread = try DemoThread()
    }

    struct Result: Sendable {
        let campaign: String
        let report: JSONValue
        let findings: DemoFindings
        let walkIn: WalkIn?
    }

    /// Somebody whose address was registered singly, so that its id is known.
    struct WalkIn: Sendable {
        let person: String
        let channel: Channel
        let subscription: String
    }

    func run() async throws -> Result {
        defer { thread.stop() }
        screen.heading(DemoTexts.setUp)
        try register()
        try await openWindows()
        DemoFaults.install(in: sandbox, for: audience, receiptAddress: requests.receiptAddress)
        screen.heading(DemoTexts.compose)
        let (campaign, estimate) = try compose()
        screen.heading(DemoTexts.send)
        try await follow(campaign)
        // Delivery reports of the SMS centre still move rows from accepted to delivered.
        await sandbox.settle()
        let report = try client.get("/v1/campaigns/\(campaign)/report")
        DemoSummary(report).show(on: screen)
        showSamples()
        screen.heading(DemoTexts.proof)
        let findings = try prove(campaign, report, estimate)
        DemoTexts.accounts(findings).forEach { screen.line($0) }
        return Result(campaign: campaign, report: report, findings: findings, walkIn: walkIn)
    }

    // MARK: The shop's systems

    private func register() throws {
        try importAll("profiles", audience.people.map(requests.profile))
        let regulars = audience.people.dropFirst(DemoRun.walkIns)
        try importAll("subscriptions", regulars.flatMap { person in
            person.addresses.map { requests.subscription($0, of: person, optIn: !$0.isOptedOut) }
        })
        try registerWalkIns(audience.people.prefix(DemoRun.walkIns))
        let events = audience.people.flatMap(requests.events)
        try importAll("events", Array(events.dropFirst(50)))
        guard !events.isEmpty else { return }
        let (_, time) = try timed { try client.post("/v1/events", .array(Array(events.prefix(50)))) }
        screen.line(DemoTexts.posted(min(50, events.count), time))
    }

    private func importAll(_ kind: String, _ objects: [JSONValue]) throws {
        guard !objects.isEmpty else { return }
        var taken = 0
        let (_, time) = try timed {
            for start in stride(from: 0, to: objects.count, by: DemoRun.linesPerImport) {
                var lines: [UInt8] = []
                for object in objects[start..<min(start + DemoRun.linesPerImport, objects.count)] {
                    object.write(into: &lines)
                    lines.append(0x0A)
                }
                taken += try client.importLines(kind, lines)
            }
        }
        guard taken == objects.count else { throw DemoClient.Refused(description: DemoTexts.unexpected(kind, "\(taken) taken of \(objects.count)")) }
        screen.line(DemoTexts.imported(kind, taken, time))
    }

    /// Everybody agrees at first; who does not want the channel then opts out, as they would in the app.
    private func registerWalkIns(_ people: ArraySlice<DemoPerson>) throws {
        var times: [Duration] = []
        for person in people {
            for address in person.addresses {
                let (answer, time) = try timed { try client.post("/v1/subscriptions", requests.subscription(address, of: person, optIn: true)) }
                times.append(time)
                let id = try id(answer)
                guard address.isOptedOut else {
                    walkIn = WalkIn(person: person.externalID, channel: address.channel, subscription: id)
                    continue
                }
                _ = try client.post("/v1/subscriptions/\(id)/opt-out", ["source": "settings"])
            }
        }
        times.sort()
        guard let slowest = times.last else { return }
        screen.line(DemoTexts.registered(times.count, median: times[times.count / 2], slowest: slowest))
    }

    /// People write to the Messenger page; the sandbox calls the server's webhook for each, as Meta does.
    private func openWindows() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let people = audience.people.flatMap(\.addresses).filter(\.hasOpenWindow)
        guard !people.isEmpty else { return }
        for address in people {
            let psid = requests.receiptAddress(address)
            if let call = sandbox.messenger.inbound(from: psid, text: "Bonjour", now: sandbox.now) { sandbox.call(call) }
        }
        await sandbox.settle()
        if let failed = sandbox.summary["callbacks"]?["failed"]?.int, failed > 0 {
            throw DemoClient.Refused(description: DemoTexts.webhookRefused(Int(failed)))
        }
        screen.line(DemoTexts.wrote(people.count, clock.now - start))
    }

    // MARK: The marketer

    /// - Returns: the campaign, launched, and how many people the server expected in the segment.
    private func compose() throws -> (campaign: String, estimate: Int64) {
        let segment = try id(client.post("/v1/segments", DemoCampaign.segment))
        screen.line(DemoTexts.segment(segment))
        let estimate = try client.post("/v1/segments/estimate", ["condition": DemoCampaign.condition]).json
        let reachable = (estimate["reachable"]?.object?.members ?? []).compactMap { member in member.value.int.map { (member.name, $0) } }
        let profiles = estimate["profiles"]?.int ?? 0
        DemoTexts.estimate(profiles, reachable.filter { $0.1 > 0 }).forEach { screen.line($0) }
        let campaign = try id(client.post("/v1/campaigns", DemoCampaign.campaign(segment: segment)))
        screen.line(DemoTexts.campaign(campaign))
        _ = try client.post("/v1/campaigns/\(campaign)/validate", .object([:]))
        screen.line(DemoTexts.valid)
        // Twice on purpose: a client that lost the answer repeats the request, and nobody gets a second message.
        let path = "/v1/campaigns/\(campaign)/launch"
        _ = try client.post(path, .object([:]), idempotencyKey: "demo-launch-\(audience.seed)")
        let again = try client.post(path, .object([:]), idempotencyKey: "demo-launch-\(audience.seed)")
        screen.line(DemoTexts.launched(isReplay: again.isReplay))
        return (campaign, profiles)
    }

    private func id(_ answer: DemoClient.Answer) throws -> String {
        guard let id = answer.json["id"]?.string else { throw DemoClient.Refused(description: DemoTexts.unexpected("id", answer.json.text)) }
        return id
    }

    /// Looks at the report until the campaign has ended.
    private func follow(_ campaign: String) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var progress = CampaignProgress()
        var moved = start
        var shown = start
        while true {
            let report = try client.get("/v1/campaigns/\(campaign)/report")
            let now = clock.now
            if progress.take(report, at: now - start) { moved = now }
            if screen.isTerminal || now - shown >= .seconds(2) || progress.isOver {
                screen.bar(progress.share, progress.text)
                shown = now
            }
            if progress.isOver { break }
            guard now - moved < .seconds(60) else { throw DemoClient.Refused(description: DemoTexts.stuck(campaign)) }
            // A watcher of an API has nothing to wait on but time.
            try await Task.sleep(for: .milliseconds(200))
        }
        screen.endBar()
        guard progress.state == "finished" else { throw DemoClient.Refused(description: DemoTexts.ended(campaign, progress.state)) }
        screen.line(DemoTexts.finished(progress.audience, clock.now - start))
    }

    // MARK: The auditor

    private func showSamples() {
        screen.heading(DemoTexts.samples)
        for channel in DemoCampaign.channels {
            let sample = sandbox.receipts.after(0, channel: channel, limit: 50).first { $0.isTaken && $0.item.text != nil }
            guard let text = sample?.item.text else { continue }
            screen.line("  \(DemoTexts.pad(channel.rawValue, 11))\(DemoSummary.oneLine(text, channel))")
        }
    }

    private func prove(_ campaign: String, _ report: JSONValue, _ estimate: Int64) throws -> DemoFindings {
        var rows: [DemoRow] = []
        var cursor: String?
        repeat {
            let page = try client.get("/v1/campaigns/\(campaign)/deliveries?limit=\(DemoRun.rowsPerPage)" + (cursor.map { "&cursor=\($0)" } ?? ""))
            for row in page["data"]?.array ?? [] {
                guard let row = DemoRow(row) else { throw DemoClient.Refused(description: DemoTexts.unexpected("deliveries", row.text)) }
                rows.append(row)
            }
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        let sightings = sandbox.receipts.after(0, limit: .max).filter(\.isTaken).map {
            DemoSighting(channel: $0.channel, address: $0.item.address, isAnswered: $0.status != 0)
        }
        var findings = DemoProof.compare(
            audience, rows: rows, report: report, sightings: sightings, receiptAddress: requests.receiptAddress)
        let expected = audience.people.count(where: \.isInSegment)
        if estimate != Int64(expected) { findings.differ(DemoTexts.estimateDiffers(expected: expected, found: estimate)) }
        return findings
    }

    private func timed<Value>(_ body: () throws -> Value) rethrows -> (Value, Duration) {
        let clock = ContinuousClock()
        let start = clock.now
        let value = try body()
        return (value, clock.now - start)
    }
}
