import Core
import Linux

/// The faults in force, and the dice. Any thread.
///
/// The dice are a hash of the seed, the rule and a count (for a dead address: of the address), so that a seed
/// repeats its shares whatever the order in which connections come.
package final class Faults: Sendable {
    private struct Rule: Sendable {
        let number: Int
        var fault: Fault
        var tosses: UInt64 = 0
    }

    private struct State: Sendable {
        /// Those that name an address, by it: thousands of dead addresses cost one look-up.
        var byAddress: [String: [Rule]] = [:]
        var general: [Rule] = []
        var count = 0
        var latency = Duration.zero
    }

    private let state = Lock(State())
    private let dice: SipHash

    package init(seed: UInt64) {
        dice = SipHash(key: (0..<16).map { UInt8(truncatingIfNeeded: seed >> (8 * ($0 % 8))) ^ $0 })
    }

    package func add(_ fault: Fault) {
        state.withLock { state in
            state.count += 1
            let rule = Rule(number: state.count, fault: fault)
            if let address = fault.address {
                state.byAddress[address, default: []].append(rule)
            } else {
                state.general.append(rule)
            }
        }
    }

    package func clear() { state.withLock { $0 = State() } }

    package var all: [Fault] {
        state.withLock { state in
            (state.general + state.byAddress.values.flatMap { $0 }).sorted { $0.number < $1.number }.map(\.fault)
        }
    }

    /// Waited before every answer.
    package var latency: Duration {
        get { state.withLock { $0.latency } }
        set { state.withLock { $0.latency = newValue } }
    }

    /// The first rule that hits, the ones for the address before the general ones.
    ///
    /// - Parameter among: which kinds can be applied at this point.
    func strike(_ channel: Channel, _ address: String, among: (Fault.Kind) -> Bool) -> Fault.Kind? {
        state.withLock { state -> Fault.Kind? in
            if state.byAddress[address] != nil,
                let kind = strike(&state.byAddress[address, default: []], channel, address, among) { return kind }
            return strike(&state.general, channel, address, among)
        }
    }

    private func strike(
        _ rules: inout [Rule], _ channel: Channel, _ address: String, _ among: (Fault.Kind) -> Bool
    ) -> Fault.Kind? {
        for index in rules.indices {
            let fault = rules[index].fault
            guard fault.times != 0, fault.channel == nil || fault.channel == channel, among(fault.kind) else { continue }
            rules[index].tosses &+= 1
            guard isHit(rules[index], address) else { continue }
            if let times = fault.times { rules[index].fault.times = times - 1 }
            return fault.kind
        }
        return nil
    }

    private func isHit(_ rule: Rule, _ address: String) -> Bool {
        if rule.fault.share >= 1 { return true }
        let toss = rule.fault.kind == .refuse(.gone) ? address : String(rule.tosses)
        let roll = Double(dice.hash("\(rule.number)/\(toss)") >> 11) / Double(1 << 53 as UInt64)
        return roll < rule.fault.share
    }
}
