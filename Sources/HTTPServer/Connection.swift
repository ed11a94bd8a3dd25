import HTTPWire
import Linux

/// One connection: reads a head, runs its handler, writes the answer, and starts again.
///
/// Requests are served one after the other, in order; what comes early waits in `inbox`. Belongs to its
/// loop's thread. Buffers exist only while something is in them.
final class Connection {
    enum Phase {
        /// Between requests, or with part of a head in `inbox`.
        case head
        /// A handler runs; its body may still be arriving.
        case handling
        /// The head of the answer is out, its content comes in pieces.
        case streaming
        /// The answer is out before the body was in: the rest is read and thrown away.
        case discarding
        /// Nothing is read any more; what is in `output` still goes out.
        case closing
        /// Our half is shut down; waiting for the other one. RFC 9112 §9.6.
        case lingering
        case closed
    }

    enum BodyReader {
        case none
        case length(remaining: UInt64)
        case chunked(ChunkedDecoder)
    }

    /// Output that may wait before nothing more is produced for this connection.
    static let outputWindow = 65_536
    /// Bytes of later requests that may wait while one is served.
    static let readAhead = 16_384
    /// Bytes of body for whose end an answer waits.
    static let patienceWindow: UInt64 = 16_384
    /// The same for chunks, as sent: enough to see a body go over the usual limit.
    static let chunkedPatienceWindow = Router.defaultMaxBodyBytes + 65_536
    /// How long an answer waits at most, in milliseconds since the body began.
    static let patienceMilliseconds: Int64 = 20_000

    let token: UInt64
    let peer: String
    /// Unsafe to spare a count per use: the loop owns its connections and closes them before it ends.
    unowned(unsafe) let loop: EventLoop
    let transport: any ByteTransport

    // Unchecked: looked at many times for each request, by one thread, and nothing that is called while one of them is being
    // changed looks back here.
    @exclusivity(unchecked) var phase = Phase.head
    @exclusivity(unchecked) var parser: HeadParser
    @exclusivity(unchecked) var inbox: [UInt8] = []
    /// The other end has finished sending.
    var hasEnded = false
    /// Framing is lost, or nothing more shall be read: what comes is thrown away.
    var isDeaf = false

    var exchange: Exchange?
    /// The request's version is HTTP/1.0.
    var isOld = false
    var body: RequestBody?
    var reader = BodyReader.none
    var bodyFailure: Refusal?
    /// An answer that waits for the rest of a small body: see `waitsForBody`.
    var heldAnswer: Response?
    var isBodyPaused = false
    var closesAfter = false
    @exclusivity(unchecked) var isProcessing = false
    /// Turned away: not counted among those that may be open.
    var isGuest = false

    @exclusivity(unchecked) var output: [UInt8] = []
    @exclusivity(unchecked) var outputStart = 0
    var streamsChunks = true
    @exclusivity(unchecked) var streamWaiters: [LoopMessage.Written] = []
    /// Bytes of a stream written since its writer last gave way to others.
    var streamBurst = 0
    var discarded = 0
    /// Requests wait in `inbox` until the answers before them have been taken.
    var isHeldBack = false

    var watched: Epoll.Events = .readable
    var clock: ConnectionClock

    var rawDescriptor: Int32 { transport.rawDescriptor }
    var pendingOutput: Int { output.count - outputStart }
    var isReadingBody: Bool {
        if case .none = reader { false } else { true }
    }

    init(_ transport: any ByteTransport, loop: EventLoop, token: UInt64, peer: String) {
        self.transport = transport
        self.loop = loop
        self.token = token
        self.peer = peer
        parser = HeadParser(limits: loop.configuration.wire)
        clock = ConnectionClock(now: loop.now)
    }

    func start() {
        settle()
    }

    /// There is no room for it: says so, and waits until the other end has heard.
    func turnAway(_ reason: String) {
        isGuest = true
        var answer = loop.router.problem(503, reason, "The server has no room for another connection: try again.", nil)
        answer.headers.append(("retry-after", "1"))
        isDeaf = true
        respond(answer)
        settle()
    }

    func handle(_ events: Epoll.Events) {
        if events.isBroken, !events.isReadable { return close() }
        if events.isWritable {
            flush()
            processInbox()
        }
        if events.isReadable || transport.wantsToWrite, phase != .closed { read() }
        settle()
    }

    /// The handler has answered.
    func complete(_ response: Response) {
        respond(response)
        guard !isProcessing else { return }
        processInbox()
        settle()
    }

    func resumeReading() {
        isBodyPaused = false
        clock.bodyResumed(now: loop.now)
        processInbox()
        settle()
    }

    /// The server says goodbye: what waits for a body waits no longer, and who is idle is let go. One that has only just come is about
    /// to ask, and is answered.
    func hurry() {
        if let heldAnswer { return complete(heldAnswer) }
        guard phase == .head, !parser.hasStarted, pendingOutput == 0 else { return }
        if clock.hasServed { close() } else { settle() }
    }

    /// Brings the connection to rest after whatever has happened: writes, closes, watches, promises.
    func settle() {
        guard phase != .closed, !isProcessing else { return }
        flush()
        while isHeldBack, phase == .head, pendingOutput <= Self.outputWindow {
            isHeldBack = false
            processInbox()
            flush()
        }
        if phase == .head, hasEnded, !isHeldBack, pendingOutput == 0 || parser.hasStarted {
            guard parser.hasStarted else { return close() }
            refuse(Refusal(400, "malformed_request", "The connection ended inside a request."))
            flush()
        }
        if phase == .closing, pendingOutput == 0 {
            if hasEnded { return close() }
            transport.closeWriting()
            phase = .lingering
            clock.lingerStart = loop.now
            clock.lingerHeard = loop.now
            discarded = 0
        }
        guard phase != .closed else { return }
        let events = Epoll.Events.interest(reads: wantsToRead, writes: pendingOutput > 0 || transport.wantsToWrite)
        if events.rawValue != watched.rawValue {
            watched = events
            loop.watch(self, events)
        }
        promiseLook()
    }

    private var wantsToRead: Bool {
        guard !hasEnded else { return false }
        return switch phase {
        case .head: pendingOutput <= Self.outputWindow
        case .handling, .streaming: !isDeaf && (isReadingBody ? !isBodyPaused : inbox.count < Self.readAhead)
        case .discarding, .lingering: true
        case .closing, .closed: false
        }
    }

    /// Ends it now. The handler, if one runs, finds out when it reads or writes.
    func close(_ reason: BodyError = .disconnected) {
        guard phase != .closed else { return }
        phase = .closed
        body?.end(reason)
        body = nil
        for waiter in streamWaiters { waiter.resume(returning: .failure(reason)) }
        streamWaiters = []
        loop.remove(self)
    }
}
