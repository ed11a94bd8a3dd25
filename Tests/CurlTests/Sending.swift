import Curl

/// Drives a `Multi` until all of `requests` have ended; outcomes in the order of the requests.
///
/// - Parameter onEnd: told how many have ended, after each one.
func outcomes(
    of requests: [TransferRequest], with multi: Multi, onEnd: (Int) -> Void = { _ in }
) throws -> [TransferResult] {
    var results: [UInt64: TransferResult] = [:]
    var next = 0
    while results.count < requests.count {
        while multi.free > 0 && next < requests.count {
            multi.add(requests[next], token: UInt64(next))
            next += 1
        }
        try multi.drive(forMilliseconds: -1)
        multi.drain { completion in
            precondition(results.updateValue(completion.result, forKey: completion.token) == nil, "ended twice")
            onEnd(results.count)
        }
    }
    return (0..<requests.count).compactMap { results[UInt64($0)] }
}

/// Sends one request alone.
func outcome(of request: TransferRequest, with multi: Multi) throws -> TransferResult {
    try outcomes(of: [request], with: multi)[0]
}

extension TransferResult {
    var reply: Reply? {
        if case .reply(let reply) = self { reply } else { nil }
    }

    var failure: TransferFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}
