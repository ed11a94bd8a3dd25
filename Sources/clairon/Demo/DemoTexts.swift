import Core

/// Every word the demonstration says.
enum DemoTexts {
    // The course of events.

    static func title(people: Int, addresses: Int, seed: UInt64) -> String {
        "Clairon: \(number(people)) customers of a sample shop, \(number(addresses)) addresses, seed \(seed)"
    }

    static func places(server: String, sandbox: String) -> String {
        "REST API \(server), simulated providers \(sandbox)"
    }

    static let setUp = "The shop's systems register people"
    static let compose = "A marketer prepares a campaign"
    static let send = "It goes out"
    static let report = "What happened, by channel"
    static let reasons = "Why somebody got nothing"
    static let samples = "What arrived"
    static let proof = "The proof: ledger, report and the providers' own receipts, person by person"

    static func imported(_ kind: String, _ count: Int, _ time: Duration) -> String {
        "  \(pad(kind, 14))\(padLeft(number(count), 8))  imported in \(seconds(time)), \(rate(count, time)) a second"
    }

    static func registered(_ count: Int, median: Duration, slowest: Duration) -> String {
        "  \(pad("", 14))\(padLeft(number(count), 8))  one by one: \(milliseconds(median)) each (median), \(milliseconds(slowest)) at most"
    }

    static func posted(_ count: Int, _ time: Duration) -> String {
        "  \(pad("", 14))\(padLeft(number(count), 8))  more in one POST, \(milliseconds(time))"
    }

    static func wrote(_ count: Int, _ time: Duration) -> String {
        "  \(pad("conversations", 14))\(padLeft(number(count), 8))  people wrote to the Messenger page in \(seconds(time))"
    }

    static func segment(_ id: String) -> String { "  \(pad(id, 10))gold or silver, or bought within 30 days, or near Paris" }

    static func estimate(_ profiles: Int64, _ reachable: [(String, Int64)]) -> [String] {
        let channels = reachable.map { "\($0.0) \(number(Int($0.1)))" }.joined(separator: ", ")
        return [pad("", 12) + number(Int(profiles)) + " people"] + (channels.isEmpty ? [] : [pad("", 12) + channels])
    }

    static func campaign(_ id: String) -> String { "  \(pad(id, 10))“\(DemoCampaign.name)” in French, English and Spanish, not to staff" }

    static let valid = "  \(pad("", 10))validated: nothing missing"

    static func launched(isReplay: Bool) -> String {
        "  \(pad("", 10))launched" + (isReplay ? "; the same request again was answered from the record" : "")
    }

    static func progress(done: Int, of audience: Int, rate: Double?, secondsLeft: Double?) -> String {
        var text = "\(padLeft(number(done), 7)) of \(number(audience))"
        if let rate, rate >= 1 { text += "  \(number(Int(rate)))/s" }
        if let secondsLeft, secondsLeft >= 0.5 { text += "  \(Int(secondsLeft.rounded())) s left" }
        return text
    }

    static func finished(_ count: Int, _ time: Duration) -> String {
        "  \(number(count)) deliveries worked through in \(seconds(time)), \(rate(count, time)) a second"
    }

    static let columns = ["accepted", "delivered", "skipped", "rejected", "unknown"]
    static let noChannel = "no address"
    static let total = "all"

    static func reason(_ reason: String) -> String {
        switch Reason(rawValue: reason) {
        case .noConsent: "said no to this channel"
        case .variableMissing: "the Spanish text needs a first name"
        case .policyWindowClosed: "has not written to the page for 24 hours"
        case .noSubscription: "has no address on these channels"
        case .providerPermanent: "the provider says the address is dead"
        case .outcomeUnknown: "no answer came; a second try might double it"
        default: ""
        }
    }


    static func accounts(_ findings: DemoFindings) -> [String] {
        [
            "  \(padLeft(number(findings.rows), 7))  rows in the ledger, each as this person and channel must have it",
            "  \(padLeft(number(findings.taken), 7))  of them accepted, \(number(findings.receipts)) receipts at the providers",
            findings.cuts == 0
                ? "  \(padLeft("0", 7))  messages sent twice"
                : "  \(padLeft(number(findings.cuts), 7))  sent again after a cut connection, same id: the device shows one",
        ] + (findings.unknown == 0 ? [] : ["  \(padLeft(number(findings.unknown), 7))  of open outcome, listed as such and not sent again"])
    }

    static func accounted(_ findings: DemoFindings) -> String {
        "\(number(findings.people)) people accounted for: \(number(findings.invited)) in the audience, "
            + "\(number(findings.people - findings.invited)) left alone."
    }

    static func disagrees(_ count: Int, folder: String) -> String {
        "\(number(count)) \(count == 1 ? "difference" : "differences"). The server's data is kept in \(folder)."
    }

    static func took(_ time: Duration) -> String { "Took \(seconds(time))." }

    /// Requests that work as they are.
    static func suggestions(server: String, key: String, campaign: String, person: String, walkIn: DemoRun.WalkIn?) -> [String] {
        let curl = "curl -sS -H 'Authorization: Bearer \(key)'"
        var lines = [
            "The server goes on. Try, in another terminal:", "",
            "# the report", "\(curl) \(server)/v1/campaigns/\(campaign)/report",
            "# what happened to \(person), and why", "\(curl) '\(server)/v1/campaigns/\(campaign)/deliveries?profile=\(person)'",
        ]
        if let walkIn {
            lines += [
                "# \(walkIn.person) wants no more messages by \(walkIn.channel.rawValue)",
                "\(curl) -H 'Content-Type: application/json' -d '{\"source\":\"settings\"}' "
                    + "\(server)/v1/subscriptions/\(walkIn.subscription)/opt-out",
            ]
        }
        return lines + ["", "Ctrl-C stops it and removes its data."]
    }

    static let stopping = "Stopping."

    // What can go wrong.

    static func noAnswer(_ request: String) -> String { "\(request): the server gave no whole answer" }
    static func refused(_ request: String, _ status: Int, _ detail: String) -> String { "\(request): \(status) \(detail)" }
    static func unexpected(_ path: String, _ answer: String) -> String { "\(path): unexpected answer \(String(answer.prefix(300)))" }
    static func importRefused(_ kind: String, _ error: String) -> String { "a line of the \(kind) was refused: \(error)" }
    static func webhookRefused(_ count: Int) -> String { "the server refused \(count) events of the Messenger page" }
    static func ended(_ campaign: String, _ state: String) -> String { "\(campaign) ended as \(state)" }
    static func stuck(_ campaign: String) -> String { "\(campaign) has not moved for a minute" }

    // Differences.

    static func numbersDiffer(_ what: String, _ expected: Int, _ found: Int) -> String {
        "\(what): the rows say \(expected), the report \(found)"
    }

    static func estimateDiffers(expected: Int, found: Int64) -> String { "estimate: \(expected) people match, the server says \(found)" }

    static func rowsDiffer(_ person: String, _ channel: Channel?, expected: [DemoOutcome], found: [DemoRow]) -> String {
        func list(_ words: [String]) -> String { words.isEmpty ? "nothing" : words.sorted().joined(separator: ", ") }
        return "\(person) \(channel?.rawValue ?? noChannel): expected \(list(expected.map(outcome))); "
            + "the ledger says \(list(found.map { row in row.state.rawValue + (row.reason.map { " " + $0.rawValue } ?? "") }))"
    }

    static func receiptsDiffer(_ person: String, _ channel: Channel, expected: Int, answered: Int, cut: Int) -> String {
        "\(person) \(channel.rawValue): expected \(expected) \(expected == 1 ? "receipt" : "receipts"), "
            + "the provider has \(answered)\(cut > 0 ? " and \(cut) on cut connections" : "")"
    }

    static func rowOfNobody(_ profile: String, _ count: Int) -> String { "\(profile): \(count) rows of somebody who is not in the shop" }

    static func receiptForNobody(_ channel: Channel, _ address: String, _ count: Int) -> String {
        "\(channel.rawValue) \(String(address.prefix(40))): \(count) messages to an address that nobody registered"
    }

    private static func outcome(_ outcome: DemoOutcome) -> String {
        switch outcome {
        case .taken: "accepted"
        case .skipped(let reason): "skipped \(reason.rawValue)"
        case .rejected(let reason): "rejected \(reason.rawValue)"
        }
    }

    // The sandbox alone.

    static func sandbox(origin: String, folder: String, server: String) -> String {
        """
        Simulated providers on \(origin): APNs, FCM, web push, Messenger, Kannel, Twilio.
        Configuration and credentials in \(folder). Now: clairon serve --config \(folder)/config.json (on \(server))
        What arrived: curl -sS \(origin)/sandbox/summary
        """
    }

    // Numbers.

    /// With thousands apart: 12,345.
    static func number(_ value: Int) -> String {
        let digits = String(abs(value))
        var out = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { out += "," }
            out.append(digit)
        }
        return value < 0 ? "-" + out : out
    }

    static func seconds(_ time: Duration) -> String { tenths(time.milliseconds, per: 1_000) + " s" }
    static func milliseconds(_ time: Duration) -> String { tenths(time.components.attoseconds / 1_000_000_000_000 + time.components.seconds * 1_000_000, per: 1_000) + " ms" }

    static func rate(_ count: Int, _ time: Duration) -> String {
        number(Int(Double(count) * 1_000 / Double(max(1, time.milliseconds))))
    }

    private static func tenths(_ value: Int64, per unit: Int64) -> String {
        let tenths = (value * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
    static func padLeft(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }
}
