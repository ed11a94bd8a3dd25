import Glibc
import HTTPWire
import Linux
import Synchronization

/// A thread with its own listener, epoll and connections, which also runs the handlers of their requests.
///
/// A handler that waits for something elsewhere resumes here, through the mailbox: it needs no lock against
/// its own connection, and a slow one delays nobody as long as it suspends instead of blocking.
final class EventLoop: TaskExecutor, @unchecked Sendable {
    // `mailbox`, `hasEnded`, `counters`, `census`, `owner` and the constants are shared. Everything declared `var`, and
    // `epoll`, belongs to the loop's thread.
    let configuration: ServerConfiguration
    let router: Router
    let counters = LoopCounters()
    let scratch: UnsafeMutableBufferPointer<UInt8>
    private let time: any TimeSource
    private let census: ConnectionCensus
    private let mailbox: Mailbox<LoopMessage>
    private let owner = Atomic<UInt>(0)
    private let idPrefix: String
    /// The start of a `request-id` field line.
    private let idLine: [UInt8]
    /// Whether the thread has read its mail for the last time.
    private let hasEnded = Lock(false)
    private let epoll: Epoll

    private(set) var now: Int64 = 0
    private(set) var isDraining = false
    /// Every answer from now on ends its connection.
    private(set) var saysGoodbye = false
    private(set) var dateLine: [UInt8] = []
    /// Output storage that goes from connection to connection, so that idle ones hold none.
    var spareOutput: [UInt8] = []
    private var dateSecond: Int64 = -1
    private var acceptor: Acceptor?
    private var connections = ConnectionTable()
    private var guests = 0
    private var scarceUntil: InlineArray<2, Int64> = [0, 0]
    private var deadlines = DeadlineHeap()
    private var jobs: [UnownedJob] = []
    private var messages: [LoopMessage] = []
    private var runningHandlers = 0
    private var nextSerial: UInt64 = 0
    private var drainUntil: Int64 = .max
    private var drained: [UnsafeContinuation<Void, Never>] = []

    private static let mailboxToken: UInt64 = 0
    private static let listenerToken: UInt64 = 1

    init(
        _ configuration: ServerConfiguration, router: Router, census: ConnectionCensus, time: any TimeSource,
        idPrefix: String
    ) throws(Errno) {
        self.configuration = configuration
        self.router = router
        self.census = census
        self.time = time
        self.idPrefix = idPrefix
        idLine = Array("request-id: \(idPrefix)".utf8)
        mailbox = try Mailbox()
        epoll = try Epoll()
        // Last: nothing frees it when the above fails.
        scratch = .allocate(capacity: 65_536)
        try epoll.add(mailbox.rawDescriptor, .readable, token: Self.mailboxToken)
    }

    deinit { scratch.deallocate() }

    /// Gives the loop its listener. Before `run`.
    func listen(_ listener: consuming Listener) throws(Errno) {
        try epoll.add(listener.rawDescriptor, listener.events, token: Self.listenerToken)
        acceptor = Acceptor(listener)
    }

    // MARK: - Any thread

    var isCurrent: Bool { owner.load(ordering: .relaxed) == pthread_self() }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent { jobs.append(job) } else { mailbox.post(.job(job)) }
    }

    /// Does what the message asks: at once on the loop's thread, else when the loop reads its mail.
    func tell(_ message: LoopMessage) {
        if isCurrent { return perform(message) }
        let hasEnded = hasEnded.withLock { hasEnded in
            if !hasEnded { mailbox.post(message) }
            return hasEnded
        }
        if hasEnded { decline(message) }
    }

    /// Answers what comes after the end.
    private func decline(_ message: LoopMessage) {
        switch message {
        case .write(_, _, let continuation): continuation.resume(returning: .failure(.disconnected))
        case .abort(_, let done), .drain(_, let done): done.resume()
        case .job, .resumeReading, .sendContinue, .sayGoodbye, .tick: break
        }
    }

    // MARK: - The loop's thread

    /// Runs until drained.
    func run() {
        owner.store(pthread_self(), ordering: .relaxed)
        // Not more at a time: what their requests ask of other threads starts after all of them have been read.
        var batch = Epoll.Batch(capacity: 256)
        let wakeUps = WakeUps()
        while !hasFinished {
            do {
                try epoll.wait(&batch, timeoutMilliseconds: waitMilliseconds())
            } catch {
                preconditionFailure("the loop's own epoll fails: \(error)")
            }
            refreshTime()
            wakeUps.gather { handle(batch) }
        }
        acceptor = nil
        owner.store(0, ordering: .relaxed)
        let late = hasEnded.withLock { hasEnded in
            hasEnded = true
            return mailbox.drain()
        }
        late.forEach(decline)
    }

    private func handle(_ batch: borrowing Epoll.Batch) {
        for index in 0..<batch.count {
            let (token, events) = batch[index]
            switch token {
            case Self.mailboxToken: readMail()
            case Self.listenerToken: acceptConnections()
            default: connections[token]?.handle(events)
            }
        }
        runJobs()
        expire()
        runJobs()
    }

    /// Ends only when no task can come back to this executor any more.
    private var hasFinished: Bool {
        guard isDraining else { return false }
        if connections.count == 0 || now >= drainUntil {
            for connection in connections.all { connection.close() }
            for continuation in drained { continuation.resume() }
            drained = []
        }
        return connections.count == 0 && runningHandlers == 0 && jobs.isEmpty
    }

    private func waitMilliseconds() -> Int32 {
        guard jobs.isEmpty else { return 0 }
        var next = deadlines.next ?? .max
        if let until = acceptor?.pausedUntil { next = min(next, until) }
        if !drained.isEmpty { next = min(next, drainUntil) }
        guard next != .max else { return -1 }
        return Int32(clamping: max(0, next - time.monotonicMilliseconds))
    }

    private func refreshTime() {
        now = time.monotonicMilliseconds
        let second = time.wallMilliseconds / 1000
        guard second != dateSecond else { return }
        dateSecond = second
        dateLine.removeAll(keepingCapacity: true)
        dateLine.append(contentsOf: "date: ".utf8)
        HTTPDate.append(unixSeconds: second, to: &dateLine)
        dateLine.append(contentsOf: "\r\n".utf8)
    }

    /// A few rounds at most: tasks that always have more to do must not keep the sockets waiting.
    private func runJobs() {
        for _ in 0..<4 where !jobs.isEmpty {
            let ready = jobs
            jobs = []
            for job in ready { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func readMail() {
        mailbox.drain(into: &messages)
        for message in messages { perform(message) }
        messages.removeAll(keepingCapacity: true)
    }

    private func perform(_ message: LoopMessage) {
        switch message {
        case .job(let job):
            job.runSynchronously(on: asUnownedTaskExecutor())
        case .resumeReading(let exchange):
            find(exchange)?.resumeReading()
        case .sendContinue(let exchange):
            find(exchange)?.sendContinue()
        case .write(let exchange, let bytes, let continuation):
            if let connection = find(exchange) {
                connection.writeStream(bytes, continuation)
            } else {
                continuation.resume(returning: .failure(.disconnected))
            }
        case .abort(let exchange, let done):
            find(exchange)?.close()
            done.resume()
        case .sayGoodbye:
            saysGoodbye = true
        case .tick(let done):
            done()
        case .drain(let until, let done):
            startDraining(until, done)
        }
    }

    private func startDraining(_ until: Int64, _ done: UnsafeContinuation<Void, Never>) {
        isDraining = true
        saysGoodbye = true
        drainUntil = until
        drained.append(done)
        acceptor = nil
        for connection in connections.all { connection.hurry() }
    }

    private func expire() {
        if let until = acceptor?.pausedUntil, until <= now { resumeListener() }
        while let (at, token) = deadlines.popDue(now) {
            connections[token]?.look(promisedAt: at)
        }
    }

    /// Has `look` called at that time, or later.
    func promise(_ connection: Connection, at time: Int64) {
        deadlines.insert(at: time, token: connection.token)
    }

    // MARK: - Connections

    private func find(_ exchange: Exchange) -> Connection? {
        guard let connection = connections[exchange.connection], connection.exchange == exchange else { return nil }
        return connection
    }

    /// Changes what is watched.
    func watch(_ connection: Connection, _ events: Epoll.Events) {
        do {
            try epoll.modify(connection.rawDescriptor, events, token: connection.token)
        } catch {
            connection.close()
        }
    }

    func remove(_ connection: Connection) {
        epoll.remove(connection.rawDescriptor)
        connections.remove(connection)
        if connection.isGuest { guests -= 1 } else { census.leave(connection.peer) }
    }

    /// Whether idle connections must give way, the unproven ones first: all that have waited, not only until there is just room.
    func isScarce(provenFor isProven: Bool) -> Bool {
        if census.count > configuration.maxConnections / 4 * (isProven ? 3 : 1) {
            scarceUntil[isProven ? 1 : 0] = now + 2 * configuration.scarceKeepAliveMilliseconds
        }
        return now < scarceUntil[isProven ? 1 : 0]
    }

    private func acceptConnections() {
        // A few at a time: a flood of connections must not starve those that are open.
        for _ in 0..<64 {
            guard let next = acceptor?.next() else { return }
            switch consume next {
            case .serve(let descriptor, let peer): serve(descriptor, peer)
            case .turnAway(let descriptor, let reason): turnAway(descriptor, reason)
            case .again: continue
            case .rest: return
            case .pause: return pauseListener()
            }
        }
    }

    private func serve(_ descriptor: consuming FileDescriptor, _ peer: String) {
        let refusal = census.enter(peer)
        // A stranger to be refused is not worth a handshake.
        if let refusal, guests >= configuration.maxTurnedAway || configuration.tls != nil { return turnAway(descriptor, refusal) }
        counters.accepted.add(1, ordering: .relaxed)
        guard let transport = transport(over: SocketTransport(descriptor)) else {
            census.leave(peer)
            counters.reject("tls_failed")
            return
        }
        let token = connections.reserve()
        let connection = Connection(transport, loop: self, token: token, peer: peer)
        do {
            try epoll.add(connection.rawDescriptor, .readable, token: token)
        } catch {
            connections.release(token)
            if refusal == nil { census.leave(peer) }
            counters.reject("epoll_failed")
            return
        }
        connections.insert(connection)
        guard let refusal else { return connection.start() }
        guests += 1
        counters.reject(refusal)
        connection.turnAway(refusal)
    }

    /// Nil when there is no memory for a TLS session.
    private func transport(over socket: SocketTransport) -> (any ByteTransport)? {
        guard let credentials = configuration.tls else { return socket }
        return try? TLSTransport(socket, credentials.context(now: now))
    }

    /// At once, for want of descriptors to be patient with.
    private func turnAway(_ descriptor: consuming FileDescriptor, _ reason: String) {
        counters.accepted.add(1, ordering: .relaxed)
        counters.reject(reason)
        let transport = SocketTransport(descriptor)
        // There is nothing to say before a handshake, and no time for one.
        guard configuration.tls == nil else { return }
        let answer = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n"
            + "connection: close\r\n\r\n"
        _ = Array(answer.utf8).withUnsafeBytes { transport.send($0) }
        transport.closeWriting()
        // A request that is here already would turn the close into a reset, and the answer be lost.
        _ = transport.receive(into: UnsafeMutableRawBufferPointer(scratch))
    }

    private func pauseListener() {
        guard let number = acceptor?.listener.rawDescriptor else { return }
        epoll.remove(number)
        acceptor?.pausedUntil = now + 100
    }

    private func resumeListener() {
        guard let number = acceptor?.listener.rawDescriptor, let events = acceptor?.listener.events else { return }
        do {
            try epoll.add(number, events, token: Self.listenerToken)
            acceptor?.pausedUntil = nil
        } catch {
            acceptor?.pausedUntil = now + 100
        }
    }

    // MARK: - Requests

    func nextExchange(of connection: Connection) -> Exchange {
        nextSerial &+= 1
        counters.requests.add(1, ordering: .relaxed)
        return Exchange(connection: connection.token, serial: nextSerial)
    }

    /// Appends the field line with what `Request.id` says.
    func appendRequestID(_ exchange: Exchange, to output: inout [UInt8]) {
        output.append(contentsOf: idLine)
        ResponseHead.append(base36: exchange.serial, to: &output)
        ResponseHead.append("\r\n", to: &output)
    }

    func request(_ head: RequestHead, body: RequestBody, peer: String, exchange: Exchange) -> Request {
        Request(head: head, body: body, peer: peer, idPrefix: idPrefix, serial: exchange.serial)
    }

    /// Starts a handler. One that never suspends has answered when this returns: no queue, no hop.
    func launch(_ handler: @escaping Handler, _ request: Request, _ exchange: Exchange) {
        runningHandlers += 1
        Task.immediate(executorPreference: self) {
            let response = await handler(request)
            if case .abort = response.body {
                // Later, so that the connection is not taken away from under the reading that led here.
                await Task.yield()
                await ResponseWriter(loop: self, exchange: exchange).abort()
            } else if case .stream(let produce) = response.body {
                if self.beginStream(exchange, response) {
                    await produce(ResponseWriter(loop: self, exchange: exchange))
                    self.endStream(exchange)
                }
            } else {
                self.find(exchange)?.complete(response)
            }
            self.runningHandlers -= 1
        }
    }

    private func beginStream(_ exchange: Exchange, _ response: Response) -> Bool {
        precondition(isCurrent, "a handler comes back to its loop")
        return find(exchange)?.beginStream(response) ?? false
    }

    private func endStream(_ exchange: Exchange) {
        precondition(isCurrent, "a handler comes back to its loop")
        find(exchange)?.endStream()
    }
}
