import HTTPWire

/// From bytes to requests.
extension Connection {
    /// Reads once: what is left is reported again, after the other connections had their turn.
    func read() {
        switch transport.receive(into: UnsafeMutableRawBufferPointer(loop.scratch)) {
        case .moved(let count):
            if inbox.isEmpty {
                let bytes = UnsafeBufferPointer(rebasing: loop.scratch[..<count])
                let used = process(bytes.span)
                if used < count, phase != .closed { inbox.append(contentsOf: bytes[used...]) }
            } else {
                inbox.append(contentsOf: loop.scratch[..<count])
                processInbox()
            }
        case .blocked:
            break
        case .end:
            end()
        case .failed:
            if !transport.isEstablished { loop.counters.reject("tls_handshake_failed") }
            close()
        }
    }

    private func end() {
        hasEnded = true
        if phase == .lingering || !transport.isEstablished { return close() }
        guard isReadingBody else { return }
        // RFC 9112 §8: a body cut short is not complete, whatever has arrived.
        failBody(Refusal(400, "incomplete_body", "The connection ended inside the body."), .disconnected)
    }

    func processInbox() {
        guard !inbox.isEmpty, phase != .closed, !isProcessing else { return }
        let bytes = inbox
        inbox = []
        let used = process(bytes.span)
        if used < bytes.count, phase != .closed {
            inbox = used == 0 ? bytes : Array(bytes[used...])
        }
    }

    /// Takes requests and bodies off the front.
    ///
    /// - Returns: how many bytes are done with; the rest is wanted again with more behind it.
    private func process(_ bytes: borrowing Span<UInt8>) -> Int {
        isProcessing = true
        defer { isProcessing = false }
        var offset = 0
        while offset < bytes.count {
            let rest = bytes.extracting(offset..<bytes.count)
            if isDeaf || phase == .closing || phase == .lingering || phase == .closed {
                throwAway(rest.count)
                return bytes.count
            }
            if isReadingBody {
                offset += feedBody(rest)
                continue
            }
            switch phase {
            case .discarding:
                phase = .head
            case .head:
                guard hasRoomForAnswer() else { return offset }
                switch parser.parse(rest) {
                case .incomplete:
                    if clock.headStart == nil, parser.hasStarted { clock.headStart = loop.now }
                    return offset
                case .invalid(let refusal):
                    refuse(refusal)
                case .head(let head, let length):
                    offset += length
                    offset += begin(head, bytes.extracting(offset..<bytes.count))
                }
            case .handling, .streaming, .closing, .lingering, .closed:
                return offset
            }
        }
        if phase == .discarding, !isReadingBody { phase = .head }
        return offset
    }

    /// A client that sends requests and takes no answers must not make us store them.
    private func hasRoomForAnswer() -> Bool {
        if pendingOutput > Self.outputWindow { flush() }
        isHeldBack = pendingOutput > Self.outputWindow
        return !isHeldBack && phase == .head
    }

    private func throwAway(_ count: Int) {
        discarded += count
        clock.lingerHeard = loop.now
        if phase == .lingering, discarded > loop.configuration.lingerBytes { close() }
    }

    /// Answers what is not a request, and reads no further.
    func refuse(_ refusal: Refusal) {
        loop.counters.reject(refusal.code)
        isDeaf = true
        inbox = []
        respond(loop.router.problem(refusal.status, refusal.code, refusal.detail, nil))
    }

    /// Starts an exchange: decides by the head, takes the body that is here, runs the handler.
    ///
    /// - Returns: how many bytes of the body were taken.
    private func begin(_ head: RequestHead, _ rest: borrowing Span<UInt8>) -> Int {
        let exchange = loop.nextExchange(of: self)
        self.exchange = exchange
        isOld = head.minorVersion == 0
        closesAfter = !head.keepsAlive
        bodyFailure = nil
        heldAnswer = nil
        isBodyPaused = false
        phase = .handling

        if head.framing == .none, let answer = loop.router.fixedAnswer(to: head) {
            respond(answer)
            return 0
        }
        var body = RequestBody.empty
        var isHere = 0
        if case .length(let count) = head.framing, count <= UInt64(rest.count), count <= UInt64(RequestBody.window) {
            // All of it came with the head, as small ones do.
            isHere = Int(count)
            body = RequestBody(rest.extracting(0..<isHere).withUnsafeBufferPointer { Array($0) })
        } else if head.framing != .none {
            let declared: UInt64? = if case .length(let count) = head.framing { count } else { nil }
            body = RequestBody(
                source: .init(loop: loop, exchange: exchange), declaredBytes: declared,
                owesContinue: head.expectsContinue)
            self.body = body
        }
        var request = loop.request(head, body: body, peer: peer, exchange: exchange)
        var plan = loop.router.plan(request)

        var maxBodyBytes = loop.configuration.discardBytes
        if case .run(let route, _) = plan { maxBodyBytes = route.maxBodyBytes }
        // RFC 9110 §15.5.16: no handler decodes, and a small body can unpack to a great one.
        if loop.configuration.refusesContentCodings, head.framing != .none,
           head.firstValue("content-encoding") != nil,
           head.values("content-encoding").contains(where: { $0 != "identity" }) {
            // RFC 9110 §12.5.3
            var answer = loop.router.problem(415, "content_encoding_unknown", "Send the body without Content-Encoding.", request)
            answer.headers.append(("accept-encoding", "identity"))
            plan = .answer(answer)
        }
        switch head.framing {
        case .none:
            break
        case .length(let count):
            guard count <= UInt64(max(0, maxBodyBytes)) else {
                loop.counters.reject("payload_too_large")
                isDeaf = true
                var answer = loop.router.problem(
                    413, "payload_too_large", "The body is too large: this resource takes at most \(maxBodyBytes) bytes.", request)
                // Above what any resource takes unless it says so, the size is the first thing wrong.
                if case .answer(let response) = plan, count <= UInt64(Router.defaultMaxBodyBytes) { answer = response }
                respond(answer)
                return 0
            }
            if isHere == 0 { reader = .length(remaining: count) }
        case .chunked:
            if case .answer = plan { maxBodyBytes = Router.defaultMaxBodyBytes }
            reader = .chunked(ChunkedDecoder(maxBodyBytes: maxBodyBytes, limits: loop.configuration.wire))
        }
        if isReadingBody { clock.bodyBegins(now: loop.now) }
        clock.headStart = nil
        let used = isReadingBody && rest.count > 0 ? feedBody(rest) : isHere

        switch plan {
        case .answer(let response):
            respond(response)
        case .run(let route, let parameters):
            if let failure = bodyFailure {
                respond(loop.router.problem(failure.status, failure.code, failure.detail, request))
            } else {
                request.parameters = parameters
                loop.launch(route.handler, request, exchange)
            }
        }
        return used
    }

    /// Takes body bytes off the front and hands them to the handler.
    private func feedBody(_ bytes: borrowing Span<UInt8>) -> Int {
        switch reader {
        case .none:
            return 0
        case .length(let remaining):
            let count = Int(min(remaining, UInt64(bytes.count)))
            deliver(bytes.extracting(0..<count).withUnsafeBufferPointer { Array($0) })
            clock.bodyBytes += Int64(count)
            if remaining == UInt64(count) {
                endBody()
            } else {
                reader = .length(remaining: remaining - UInt64(count))
            }
            return count
        case .chunked(var decoder):
            var data: [UInt8] = []
            let outcome = decoder.decode(bytes, into: &data)
            deliver(data)
            clock.bodyBytes += Int64(bytes.count)
            switch outcome {
            case .incomplete:
                reader = .chunked(decoder)
                if let held = heldAnswer, !waitsForBody(held) { respond(held) }
                return bytes.count
            case .complete(let consumed):
                endBody()
                return consumed
            case .invalid(let refusal):
                loop.counters.reject(refusal.code)
                failBody(refusal, refusal.status == 413 ? .tooLarge : .malformed)
                return bytes.count
            }
        }
    }

    private func deliver(_ data: [UInt8]) {
        if heldAnswer != nil { return }
        if phase == .discarding {
            discarded += data.count
            if discarded > loop.configuration.discardBytes {
                isDeaf = true
                phase = .closing
            }
        } else if body?.push(data) == false, !isBodyPaused {
            isBodyPaused = true
            clock.bodyPausedAt = loop.now
        }
    }

    private func endBody() {
        reader = .none
        body?.end(nil)
        if let held = heldAnswer { respond(held) }
    }

    /// The rest of the body will not come, or cannot be trusted: nothing after it is a request.
    func failBody(_ refusal: Refusal, _ error: BodyError) {
        reader = .none
        isDeaf = true
        closesAfter = true
        bodyFailure = refusal
        body?.end(error)
        if phase == .discarding { phase = .closing }
        if let held = heldAnswer { respond(held) }
    }
}
