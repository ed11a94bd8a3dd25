import Core
import Curl
import Foundation
import Linux
import WebPush

// Two parts of a send by themselves, for `make bench-delivery`, which sets each beside what it stands on. Each prints one line of
// JSON with `messages`, `seconds` by the clock and `cpu` seconds.
//
// Usage: delivery-parts transport URL CA_FILE AUTHORIZATION BODY_FILE COUNT CONNECTIONS STREAMS
//        delivery-parts encrypt P256DH AUTH BYTES COUNT

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Posts one body over and over as a sender thread does: its own epoll watches the multi's descriptor.
func transport(_ words: [String]) throws -> Int {
    guard words.count == 7, let body = FileManager.default.contents(atPath: words[3]), let count = Int(words[4]), let connections = Int(words[5]),
        let streams = Int(words[6])
    else { throw Usage() }
    var options = TransportOptions()
    options.caFile = words[1]
    let multi = try Multi(options: options, connections: 1, maxInFlight: connections * streams, pools: connections)
    let epoll = try Epoll()
    try epoll.add(multi.rawDescriptor, .readable, token: 0)
    var batch = Epoll.Batch(capacity: 8)
    let headers = [("Authorization", words[2]), ("Content-Type", "application/json")]
    let bytes = Array(body)
    let time = SystemTime()
    var (begun, ended, failed) = (0, 0, 0)
    while ended < count {
        while begun < count, multi.free > 0 {
            multi.add(TransferRequest(.post, words[0], headers: headers, body: bytes, mayRepeat: false), token: UInt64(begun))
            begun += 1
        }
        let wait = multi.deadline.map { max(0, $0 - time.monotonicMilliseconds) } ?? 1_000
        try epoll.wait(&batch, timeoutMilliseconds: Int32(min(wait, 1_000)))
        try multi.advance()
        multi.drain { completion in
            ended += 1
            guard case .reply(let reply) = completion.result, reply.status / 100 == 2 else { return failed += 1 }
        }
    }
    guard failed == 0 else { throw Failure(count: failed) }
    return count
}

/// Encrypts a message of so many bytes for one browser over and over.
func encrypt(_ words: [String]) throws -> Int {
    guard words.count == 4, let receiver = Receiver(p256dh: words[0], auth: words[1]), let bytes = Int(words[2]), let count = Int(words[3])
    else { throw Usage() }
    var encryption = try WebPushEncryption()
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: bytes)
    for _ in 0..<count {
        guard try encryption.encrypt(text, for: receiver, padding: 0) != nil else { throw Failure(count: 1) }
    }
    return count
}

struct Usage: Error {}
struct Failure: Error { let count: Int }

let words = Array(CommandLine.arguments.dropFirst())
let start = ContinuousClock.now
let spent = cpuSeconds()
let messages = switch words.first {
case "transport": try transport(Array(words.dropFirst()))
case "encrypt": try encrypt(Array(words.dropFirst()))
default: throw Usage()
}
let seconds = start.duration(to: .now) / .seconds(1)
print("{\"messages\": \(messages), \"seconds\": \(seconds), \"cpu\": \(cpuSeconds() - spent)}")
