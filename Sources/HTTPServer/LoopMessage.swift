/// What other threads ask of a loop.
enum LoopMessage: Sendable {
    /// Told once there is room for more; true if the writer should let others go first.
    typealias Written = UnsafeContinuation<Result<Bool, BodyError>, Never>

    /// Run a piece of a task.
    case job(UnownedJob)
    /// The handler has taken what waited: read the socket again.
    case resumeReading(Exchange)
    /// The handler wants the body: tell the sender to send it.
    case sendContinue(Exchange)
    /// Send a piece of a streamed answer; resume once there is room for more.
    case write(Exchange, [UInt8], Written)
    /// Cut the connection.
    case abort(Exchange, UnsafeContinuation<Void, Never>)
    /// Close each connection after its next answer.
    case sayGoodbye
    /// Call it: the loop turns.
    case tick(@Sendable () -> Void)
    /// Take no more connections, close idle ones, end when none is left or at this time.
    case drain(until: Int64, UnsafeContinuation<Void, Never>)
}

/// One request and its answer, on one connection of one loop.
struct Exchange: Sendable, Hashable {
    /// Slot and generation of the connection.
    let connection: UInt64
    /// Number of the request, unique in its loop.
    let serial: UInt64
}
