import HTTPWire

/// From answers to bytes.
extension Connection {
    private enum Content {
        case length(Int)
        case chunks
        /// Up to the end of the connection, for HTTP/1.0.
        case rest
    }

    /// Queues an answer and ends the exchange.
    func respond(_ answer: Response) {
        guard phase == .handling || phase == .head else { return }
        if waitsForBody(answer) {
            heldAnswer = answer
            if isBodyPaused {
                isBodyPaused = false
                clock.bodyResumed(now: loop.now)
            }
            return
        }
        heldAnswer = nil
        var response = answer
        // Broken framing comes before whatever the head deserved: the verdict must not depend on how the
        // bytes were cut into packets. A handler that tells the same in its own words keeps them.
        if let failure = bodyFailure, response.status < 500, response.status != failure.status {
            response = loop.router.problem(failure.status, failure.code, failure.detail, nil)
        }
        decideClosing(response)
        beginOutput()
        if !write(response, to: &output) {
            closesAfter = true
            let problem = loop.router.problem(500, "internal", "The server made an answer it may not send.", nil)
            if !write(problem, to: &output) { _ = write(Response(status: 500), to: &output) }
        }
        finishExchange()
    }

    /// Appends head and content, or nothing if the head has a field that could split it.
    private func write(_ response: Response, to output: inout [UInt8]) -> Bool {
        guard case .bytes(let content) = response.body else { return writeHead(response, .length(0), to: &output) }
        guard writeHead(response, .length(content.count), to: &output) else { return false }
        if !parser.isHead, !ResponseHead.hasNoContent(status: response.status) { output.append(contentsOf: content) }
        return true
    }

    /// Queues the head of a streamed answer.
    ///
    /// - Returns: whether its content is wanted.
    func beginStream(_ response: Response) -> Bool {
        guard phase == .handling else { return false }
        guard bodyFailure == nil else {
            complete(response)
            return false
        }
        if isOld { closesAfter = true }
        decideClosing(response)
        beginOutput()
        guard writeHead(response, isOld ? .rest : .chunks, to: &output) else {
            complete(loop.router.problem(500, "internal", "The server made an answer it may not send.", nil))
            return false
        }
        if parser.isHead || ResponseHead.hasNoContent(status: response.status) {
            finishExchange()
            if !isProcessing {
                processInbox()
                settle()
            }
            return false
        }
        streamsChunks = !isOld
        phase = .streaming
        settle()
        return true
    }

    func writeStream(_ bytes: [UInt8], _ continuation: LoopMessage.Written) {
        guard phase == .streaming else {
            continuation.resume(returning: .failure(.disconnected))
            return
        }
        beginOutput()
        if streamsChunks {
            ChunkedEncoder.append(bytes, to: &output)
        } else {
            output.append(contentsOf: bytes)
        }
        streamBurst += bytes.count
        streamWaiters.append(continuation)
        settle()
    }

    func endStream() {
        guard phase == .streaming else { return }
        beginOutput()
        if streamsChunks { ChunkedEncoder.appendEnd(to: &output) }
        finishExchange()
        guard !isProcessing else { return }
        processInbox()
        settle()
    }

    /// RFC 9110 §10.1.1: sent only once the handler asks for the body, so that a refusal comes without it.
    func sendContinue() {
        guard phase == .handling, isReadingBody else { return }
        beginOutput()
        output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
        settle()
    }

    private func decideClosing(_ response: Response) {
        if loop.saysGoodbye || isDeaf { closesAfter = true }
        if response.headers.contains(where: { $0.0 == "connection" && $0.1 == "close" }) { closesAfter = true }
        guard isReadingBody else { return }
        // A body that was refused, or that the sender may now withhold, leaves no place to go on from.
        if response.status >= 400 || body?.owesContinue == true { closesAfter = true }
        if case .length(let remaining) = reader, remaining > UInt64(loop.configuration.discardBytes) {
            closesAfter = true
        }
    }

    /// Whether an answer gives way to the rest of a small body. What is known from the head alone would go out
    /// before the framing has been seen, and the same bytes would be a 401 in two packets and a 400 in one;
    /// and the connection would be lost for a client that has made an honest mistake. A sender that waits
    /// for 100 (Continue), or declares much, is answered at once; of chunks nobody knows how much they are
    /// before they are too much. What comes is thrown away, and the body's deadlines hold.
    func waitsForBody(_ response: Response) -> Bool {
        guard isReadingBody, !isDeaf, !hasEnded, !loop.isDraining, bodyFailure == nil, body?.owesContinue != true,
              loop.now < clock.bodyStart + Self.patienceMilliseconds else { return false }
        if case .abort = response.body { return false }
        return switch reader {
        case .none: false
        case .length(let remaining): remaining + UInt64(max(0, clock.bodyBytes)) <= Self.patienceWindow
        case .chunked: clock.bodyBytes <= Int64(Self.chunkedPatienceWindow)
        }
    }

    private func beginOutput() {
        guard pendingOutput == 0 else { return }
        if output.capacity == 0 { swap(&output, &loop.spareOutput) }
    }

    /// Appends the head, or nothing if it has a field that could split it.
    private func writeHead(_ response: Response, _ content: Content, to output: inout [UInt8]) -> Bool {
        let start = output.count
        ResponseHead.appendStatusLine(response.status, to: &output)
        output.append(contentsOf: loop.dateLine)
        if let block = response.block { output.append(contentsOf: block.lines) }
        for (name, value) in response.headers {
            if ResponseHead.isServers(name) { continue }
            guard ResponseHead.appendField(name, value, to: &output) else {
                output.removeLast(output.count - start)
                return false
            }
        }
        if response.namesRequest, let exchange { loop.appendRequestID(exchange, to: &output) }
        if !ResponseHead.hasNoContent(status: response.status) {
            switch content {
            case .length(let count):
                ResponseHead.append("content-length: ", to: &output)
                ResponseHead.append(decimal: UInt64(count), to: &output)
                ResponseHead.append("\r\n", to: &output)
            case .chunks:
                ResponseHead.append("transfer-encoding: chunked\r\n", to: &output)
            case .rest:
                break
            }
        }
        if closesAfter {
            ResponseHead.append("connection: close\r\n", to: &output)
        } else if isOld {
            ResponseHead.append("connection: keep-alive\r\n", to: &output)
        }
        ResponseHead.append("\r\n", to: &output)
        return true
    }

    /// The answer is queued: go on with the next request, with the rest of this one's body, or to the end.
    private func finishExchange() {
        exchange = nil
        isOld = false
        heldAnswer = nil
        body?.end(.disconnected)
        body = nil
        parser.reset()
        clock.idleSince = loop.now
        clock.isProven = clock.hasServed
        clock.hasServed = true
        clock.headStart = nil
        if closesAfter || isDeaf {
            isDeaf = true
            reader = .none
            inbox = []
            phase = .closing
        } else if isReadingBody {
            discarded = 0
            phase = .discarding
            if isBodyPaused {
                isBodyPaused = false
                clock.bodyResumed(now: loop.now)
            }
        } else {
            phase = .head
        }
    }

    /// Writes what the socket takes.
    func flush() {
        while pendingOutput > 0, phase != .closed {
            let outcome = output.withUnsafeBytes { bytes in
                transport.send(UnsafeRawBufferPointer(rebasing: bytes[outputStart...]))
            }
            switch outcome {
            case .moved(let count):
                outputStart += count
                clock.written += Int64(count)
            case .blocked:
                outputStalls()
                resumeWriters()
                return
            case .end, .failed:
                return close()
            }
        }
        guard phase != .closed else { return }
        clock.stalledAt = nil
        releaseOutput()
        resumeWriters()
    }

    private func releaseOutput() {
        outputStart = 0
        guard output.capacity > 0 else { return }
        if output.capacity <= Self.outputWindow { output.removeLast(output.count) } else { output = [] }
        if loop.spareOutput.capacity == 0 { swap(&output, &loop.spareOutput) } else { output = [] }
    }

    private func resumeWriters() {
        guard pendingOutput <= Self.outputWindow, !streamWaiters.isEmpty else { return }
        let waiters = streamWaiters
        streamWaiters = []
        // A reader as fast as its writer would otherwise have the loop to itself.
        let shouldYield = streamBurst > Self.outputWindow
        if shouldYield { streamBurst = 0 }
        for waiter in waiters { waiter.resume(returning: .success(shouldYield)) }
    }
}
