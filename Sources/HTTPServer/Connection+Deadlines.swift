import CLinux
import HTTPWire

/// Deadlines, not idle times: a byte now and then buys nobody more time.
extension Connection {
    private var deadline: Int64 {
        let limits = loop.configuration
        if phase == .lingering {
            return min(clock.lingerStart + limits.lingerMilliseconds, clock.lingerHeard + limits.lingerIdleMilliseconds)
        }
        var earliest = Int64.max
        if let stalled = clock.stalledAt { earliest = stalled + limits.writeMilliseconds }
        if isReadingBody, !isBodyPaused, !isDeaf { earliest = min(earliest, bodyDeadline) }
        if phase == .head, pendingOutput == 0 { earliest = min(earliest, headDeadline) }
        return earliest
    }

    private var headDeadline: Int64 {
        let limits = loop.configuration
        if !transport.isEstablished { return clock.idleSince + limits.handshakeMilliseconds }
        if let start = clock.headStart { return start + limits.headMilliseconds }
        guard clock.hasServed else {
            return clock.idleSince + (loop.saysGoodbye ? min(1_000, limits.headMilliseconds) : limits.headMilliseconds)
        }
        let isScarce = loop.isScarce(provenFor: clock.isProven)
        return clock.idleSince + min(limits.keepAliveMilliseconds, isScarce ? limits.scarceKeepAliveMilliseconds : .max)
    }

    /// When to look: at the deadline, but at an idle connection so often that it gives way once room is scarce.
    private var lookDue: Int64 {
        let deadline = deadline
        guard phase == .head, clock.hasServed, clock.headStart == nil else { return deadline }
        return min(deadline, loop.now + loop.configuration.scarceKeepAliveMilliseconds)
    }

    private var bodyDeadline: Int64 {
        let deadline = clock.bodyDeadline(loop.configuration)
        return heldAnswer == nil ? deadline : min(deadline, clock.bodyStart + Self.patienceMilliseconds)
    }

    /// Sees to it that the loop looks here in time.
    func promiseLook() {
        let due = lookDue
        guard due < clock.promisedAt else { return }
        clock.promisedAt = due
        loop.promise(self, at: due)
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
        if let stalled = clock.stalledAt, stalled + limits.writeMilliseconds <= loop.now {
            if outputProgresses(since: stalled) { return }
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

    // MARK: - Output

    /// The transport takes no more for now.
    func outputStalls() {
        guard clock.stalledAt == nil else { return }
        clock.stalledAt = loop.now
        clock.acknowledged = acknowledgedBytes
    }

    /// What the other end has taken is judged, not what the kernel has: one byte every nine seconds opens its buffer now and
    /// then, while an honest slow reader may take minutes to open it once.
    private func outputProgresses(since: Int64) -> Bool {
        let taken = acknowledgedBytes
        let wanted = (loop.now - since) * loop.configuration.writeBytesPerSecond / 1000
        guard taken - clock.acknowledged >= max(1, wanted) else { return false }
        clock.stalledAt = loop.now
        clock.acknowledged = taken
        return true
    }

    private var acknowledgedBytes: Int64 { clock.written - Int64(max(0, clinux_unacknowledged(rawDescriptor))) }
}
