import Core
import Glibc
import Linux

/// Durable writes at a steady rate on connections of their own, from threads of its own.
final class WriteLoad {
    struct Result {
        /// External ids of profiles whose write got a 2xx.
        var acknowledged: [String] = []
        var refused = 0
        /// What else went wrong, counted.
        var errors: [String: Int] = [:]
    }

    private let state = Lock(Result())
    private let stopping = Lock(false)
    private var threads: [Linux.Thread] = []

    init(port: Int, key: String, perSecond: Int, threads count: Int = 8) throws {
        for number in 0..<count {
            threads.append(try Linux.Thread.start(named: "load-\(number)") { [state, stopping] in
                let http = HTTPClient(port: port, timeoutSeconds: 30)
                let pause = Duration.seconds(1) / (perSecond / count)
                var next = ContinuousClock.now
                var serial = 0
                while !stopping.withLock({ $0 }) {
                    serial += 1
                    let id = "load-\(number)-\(serial)"
                    do {
                        let answer = try http.send("PUT", "/v1/profiles/\(id)", headers: [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")],
                                                   body: Array(#"{"language":"fr"}"#.utf8))
                        state.withLock { result in
                            if (200..<300).contains(answer.status) { result.acknowledged.append(id) } else { result.errors["\(answer.status)", default: 0] += 1 }
                        }
                    } catch let error as Errno where error.code == ECONNREFUSED {
                        state.withLock { $0.refused += 1 }
                    } catch {
                        state.withLock { $0.errors["\(error)", default: 0] += 1 }
                    }
                    next = max(next + pause, .now - pause)
                    let wait = ContinuousClock.now.duration(to: next) / .milliseconds(1)
                    if wait > 0 { usleep(useconds_t(wait * 1_000)) }
                }
            })
        }
    }

    var acknowledged: Int { state.withLock { $0.acknowledged.count } }

    /// Ends it and waits for what is under way.
    func stop() -> Result {
        stopping.withLock { $0 = true }
        threads.forEach { $0.join() }
        threads = []
        return state.withLock { $0 }
    }
}
