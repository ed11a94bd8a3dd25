import Linux

/// The body of a request, pulled piece by piece by one consumer.
///
/// The loop pushes what the socket delivers and stops reading while more than `window` bytes wait here;
/// taking them starts it again. Any thread may consume.
package final class RequestBody: Sendable {
    /// Bytes that may wait unread before the loop stops reading the socket.
    static let window = 65_536
    /// The body of a request that has none, shared by all of them.
    static let empty = RequestBody([])

    private typealias Consumer = UnsafeContinuation<Result<[UInt8]?, BodyError>, Never>

    private struct State {
        var waiting: [UInt8]
        var isComplete: Bool
        var failure: BodyError?
        var isPaused = false
        var consumer: Consumer?
        /// The sender waits for 100 (Continue): sent when the handler first asks for bytes.
        var owesContinue: Bool
    }

    private let state: Lock<State>
    private let source: Source?
    /// Content-Length, if there was one.
    private let declaredBytes: UInt64?

    /// Where to ask for more.
    struct Source: Sendable {
        let loop: EventLoop
        let exchange: Exchange
    }

    /// A body that is here already.
    package init(_ bytes: [UInt8]) {
        state = Lock(State(waiting: bytes, isComplete: true, owesContinue: false))
        source = nil
        declaredBytes = UInt64(bytes.count)
    }

    init(source: Source, declaredBytes: UInt64?, owesContinue: Bool) {
        state = Lock(State(waiting: [], isComplete: false, owesContinue: owesContinue))
        self.source = source
        self.declaredBytes = declaredBytes
    }

    /// The whole body.
    ///
    /// - Throws: `tooLarge` as soon as it is known to exceed `maxBytes`.
    package func collect(upTo maxBytes: Int) async throws(BodyError) -> [UInt8] {
        if let declaredBytes, declaredBytes > UInt64(max(0, maxBytes)) { throw .tooLarge }
        var whole: [UInt8] = []
        while let piece = try await next() {
            guard piece.count <= maxBytes - whole.count else { throw .tooLarge }
            if whole.isEmpty { whole = piece } else { whole += piece }
        }
        return whole
    }

    /// The next bytes, never empty; nil at the end.
    package func next() async throws(BodyError) -> [UInt8]? {
        if let outcome = take() { return try outcome.get() }
        let outcome = await withUnsafeContinuation { continuation in
            wait(continuation)
        }
        return try outcome.get()
    }

    /// What can be had at once.
    private func take() -> Result<[UInt8]?, BodyError>? {
        let (outcome, wasPaused) = state.withLock { state in
            let wasPaused = state.isPaused && !state.waiting.isEmpty
            let outcome = Self.outcome(&state)
            if wasPaused { state.isPaused = false }
            return (outcome, wasPaused)
        }
        if wasPaused, let source { source.loop.tell(.resumeReading(source.exchange)) }
        return outcome
    }

    private static func outcome(_ state: inout State) -> Result<[UInt8]?, BodyError>? {
        if let failure = state.failure { return .failure(failure) }
        if !state.waiting.isEmpty {
            let bytes = state.waiting
            state.waiting = []
            return .success(bytes)
        }
        return state.isComplete ? .success(nil) : nil
    }

    private func wait(_ continuation: Consumer) {
        let (outcome, owedContinue) = state.withLock { state in
            precondition(state.consumer == nil, "a body has one consumer")
            let outcome = Self.outcome(&state)
            if outcome == nil { state.consumer = continuation }
            let owed = outcome == nil && state.owesContinue
            if owed { state.owesContinue = false }
            return (outcome, owed)
        }
        if owedContinue, let source { source.loop.tell(.sendContinue(source.exchange)) }
        if let outcome { continuation.resume(returning: outcome) }
    }

    // MARK: - The loop's side

    /// Adds bytes.
    ///
    /// - Returns: false if the loop should stop reading until `resumeReading`.
    func push(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return true }
        let (consumer, goOn) = state.withLock { state in
            state.owesContinue = false
            if let consumer = state.consumer {
                state.consumer = nil
                return (Optional(consumer), true)
            }
            if state.waiting.isEmpty { state.waiting = bytes } else { state.waiting += bytes }
            state.isPaused = state.waiting.count > Self.window
            return (nil, !state.isPaused)
        }
        consumer?.resume(returning: .success(bytes))
        return goOn
    }

    /// Ends the body, well or not. The first end counts.
    func end(_ failure: BodyError?) {
        let consumer: Consumer? = state.withLock { state in
            guard !state.isComplete, state.failure == nil else { return nil }
            if let failure { state.failure = failure } else { state.isComplete = true }
            let consumer = state.consumer
            state.consumer = nil
            return consumer
        }
        consumer?.resume(returning: failure.map { .failure($0) } ?? .success(nil))
    }

    /// Whether the sender still waits for 100 (Continue), so that it may or may not send the body.
    var owesContinue: Bool { state.withLock { $0.owesContinue } }
}
