import Glibc

/// Puts off the wake-ups that a thread causes until it has done a batch of work: a mailbox then wakes its owner once for
/// all that was posted meanwhile, and not for the first message, so that the owner finds more of them at a time.
///
/// Belongs to one thread.
package final class WakeUps {
    /// The gathering that the current thread is in, not retained.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let failure = pthread_key_create(&key, nil)
        precondition(failure == 0, "a process has fewer than a thousand keys")
        return key
    }()

    private var waiting: [Alarm] = []

    package init() {}

    /// Runs `body`, which must not wait for what it posts, then wakes those it posted to.
    package func gather<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let outer = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        defer {
            pthread_setspecific(Self.key, outer)
            ring()
        }
        return try body()
    }

    /// Wakes at once whom the current thread has left asleep: before it waits for one of them after all.
    package static func flush() {
        current?.ring()
    }

    static var current: WakeUps? {
        pthread_getspecific(key).map { Unmanaged<WakeUps>.fromOpaque($0).takeUnretainedValue() }
    }

    func put(off alarm: Alarm) {
        if !waiting.contains(where: { $0 === alarm }) { waiting.append(alarm) }
    }

    private func ring() {
        for alarm in waiting { alarm.ring() }
        waiting.removeAll(keepingCapacity: true)
    }
}

/// Wakes the owner of a mailbox; an object, so that it is still there when a gathering ends.
final class Alarm: Sendable {
    private let event: EventFD

    var rawDescriptor: Int32 { event.rawDescriptor }

    init() throws(Errno) {
        event = try EventFD()
    }

    func ring() { event.signal() }

    /// Now, or when the gathering that the thread is in ends.
    func ringSoon() {
        if let gathering = WakeUps.current { gathering.put(off: self) } else { ring() }
    }

    func silence() { event.drain() }
}
