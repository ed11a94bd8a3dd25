import HTTPWire

/// Deadlines, not idle times: a byte now and then buys nobody more time.
extension Connection {
    private var deadline: Int64 {
        let limits = loop.configuration
        if phase == .lingering { return clock.lingerStart + limits.lingerMilliseconds }
        var earliest = Int64.max
        if pendingOutput > 0 { earliest = clock.outputMoved + limits.writeMilliseconds }
        if isReadingBody, !isBodyPaused, !isDeaf { earliest = min(earliest, bodyDeadline) }
        if phase == .head, pendingOutput == 0 { earliest = min(earliest, headDeadline) }
        return earliest
    }

    private var headDeadline: Int64 {
        let limits = loop.configuration
        if !transport.isEstablished { return clock.idleSince + limits.handshakeMilliseconds }
        if let start = clock.headStart { return start + limits.headMilliseconds }
        return clock.idleSince + (clock.hasServed ? limits.keepAliveMilliseconds : limits.headMilliseconds)
    }

    private var bodyDeadline: Int64 {
        clock.bodyDeadline(
            grace: loop.configuration.bodyGraceMilliseconds, bytesPerSecond: loop.configuration.bodyBytesPerSecond)
    }

    /// Sees to it that the loop looks here in time.
    func promiseLook() {
        let deadline = deadline
        guard deadline < clock.promisedAt else { return }
        clock.promisedAt = deadline
        loop.promise(self, at: deadline)
    }

    /// The loop keeps a promise.
    func look(promisedAt: Int64) {
        guard phase != .closed, promisedAt == clock.promisedAt else { return }
        clock.promisedAt = .max
        if deadline <= loop.now { expire() }
        if phase != .closed { settle() }
    }

    private func expire() {
        let limits = loop.configuration
        if phase == .lingering { return close() }
        if pendingOutput > 0, clock.outputMoved + limits.writeMilliseconds <= loop.now {
            loop.counters.reject("write_timeout")
            return close(.timeout)
        }
        if phase == .head {
            if !transport.isEstablished {
                loop.counters.reject("tls_handshake_timeout")
                return close()
            }
            guard clock.headStart != nil else { return close() }
            return refuse(Refusal(408, "request_timeout", "The request did not arrive in time."))
        }
        loop.counters.reject("body_timeout")
        failBody(Refusal(408, "request_timeout", "The body did not arrive in time."), .timeout)
    }
}
