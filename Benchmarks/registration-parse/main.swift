import Core
import Foundation

/// One registration, parsed by Clairon and by Foundation's `JSONDecoder`, turn by turn in one process: `Benchmarks/json` sets them
/// beside orjson. Prints the nanoseconds of CPU time that one took, the least of all turns: `parse` checks the whole text and notes
/// where its values lie, `read` makes a struct of Strings of it as well, with every problem of a bad one; `decoder` does that in Foundation.
///
/// Usage: registration-parse FILE
struct Registration: Decodable {
    struct Consent: Decodable {
        let source: String
        let text: String?
        let at: String?
    }

    let profile, channel, account, address: String
    let opt_in: Bool?
    let consent: Consent?
    let language, app_version, os: String?
}

@inline(never) func decoded(_ text: Data) -> Registration? { try? JSONDecoder().decode(Registration.self, from: text) }

@inline(never) func read(_ text: [UInt8]) -> Registration? {
    let errors = FieldErrors()
    guard let value = try? JSONValue(parsing: text), var reader = ObjectReader(value, errors: errors) else { return nil }
    let profile = reader.requiredString("profile")
    let channel = reader.requiredString("channel")
    let account = reader.requiredString("account")
    let address = reader.requiredString("address", maxBytes: 4_096)
    let optIn = reader.bool("opt_in")
    var consent: Registration.Consent?
    if var inner = reader.reader("consent"), let source = inner.requiredString("source") {
        consent = .init(source: source, text: inner.string("text"), at: inner.string("at"))
        inner.finish()
    }
    let registration = profile.flatMap { profile in
        Registration(profile: profile, channel: channel ?? "", account: account ?? "", address: address ?? "", opt_in: optIn, consent: consent,
                     language: reader.string("language"), app_version: reader.string("app_version"), os: reader.string("os"))
    }
    reader.finish()
    return errors.isEmpty ? registration : nil
}

@inline(never) func parsed(_ text: [UInt8]) -> JSONValue? { try? JSONValue(parsing: text) }

func cpuNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// For each of `count` rounds.
func nanoseconds(_ count: Int, _ work: () -> Bool) -> Double {
    let start = cpuNanoseconds()
    for _ in 0..<count where !work() { fatalError("not parsed") }
    return Double(cpuNanoseconds() - start) / Double(count)
}

let text = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
let bytes = Array(text)
var least = [Double](repeating: .infinity, count: 3)
for _ in 0..<20 {
    least[0] = min(least[0], nanoseconds(20_000) { read(bytes) != nil })
    least[1] = min(least[1], nanoseconds(20_000) { parsed(bytes) != nil })
    least[2] = min(least[2], nanoseconds(4_000) { decoded(text) != nil })
}
print(#"{"read":\#(least[0]),"parse":\#(least[1]),"decoder":\#(least[2])}"#)
