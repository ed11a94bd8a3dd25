import Core
import HTTPServer
import Linux

/// Those who watch campaigns: how many there may be, and one look at a campaign in a beat for all who watch it, since a look at
/// a large one takes a while.
package final class ProgressDesk: Sendable {
    static let maxWatchers = 100

    private enum Look {
        case done(JSONValue?, beat: Int)
        case underWay([UnsafeContinuation<JSONValue?, Never>])
    }

    private struct State {
        var watchers = 0
        var looks: [CampaignID: Look] = [:]
    }

    private let beat: ProgressBeat
    private let state = Lock(State())

    init(milliseconds: UInt32) { beat = ProgressBeat(milliseconds: milliseconds) }

    /// Ends every stream, so that the connections can be closed; their readers come again elsewhere.
    package func end() { beat.end() }

    /// A watcher's place, until it is let go.
    final class Seat: Sendable {
        private let desk: ProgressDesk

        fileprivate init(_ desk: ProgressDesk) { self.desk = desk }

        deinit { desk.leave() }
    }

    /// - Throws: `Problem` 503 when there are enough.
    func seat() throws -> Seat {
        let isFull = state.withLock { state in
            if state.watchers < ProgressDesk.maxWatchers { state.watchers += 1 } else { return true }
            return false
        }
        if isFull {
            throw Problem(.unavailable, "\(ProgressDesk.maxWatchers) clients watch campaigns already: read the report instead, or come again.",
                          headers: [("retry-after", "10")])
        }
        return Seat(self)
    }

    fileprivate func leave() {
        state.withLock { state in
            state.watchers -= 1
            if state.watchers == 0 { state.looks = [:] }
        }
    }

    /// Writes Server-Sent Events (WHATWG HTML, section 9.2) until the campaign is over, the reader has gone or the server stops: `progress`
    /// whenever something has changed, a comment when nothing has for a while, `end` as the last.
    func stream(_ id: CampaignID, to writer: ResponseWriter, _ look: @Sendable () async throws -> JSONValue?) async {
        do {
            // How long a reader that lost its stream should wait.
            try await writer.write(Array("retry: 2000\n\n".utf8))
            var last: JSONValue?
            var silence = 0
            repeat {
                guard let now = await snapshot(of: id, look) else { break }
                silence += 1
                if now != last {
                    try await writer.write(ProgressDesk.event(isOver(now) ? "end" : "progress", now))
                    (last, silence) = (now, 0)
                } else if silence >= 15 {
                    try await writer.write(Array(":\n\n".utf8))
                    silence = 0
                }
                if isOver(now) { break }
            } while await beat.next()
        } catch {
            // The reader has gone.
        }
    }

    private static func event(_ name: String, _ report: JSONValue) -> [UInt8] {
        Array("event: \(name)\ndata: ".utf8) + report.bytes + Array("\n\n".utf8)
    }

    /// Nothing will change any more but what callbacks say.
    private func isOver(_ report: JSONValue) -> Bool {
        report["state"]?.string.flatMap(CampaignState.init(rawValue:))?.next.isEmpty ?? true
    }

    /// One look in a beat, shared by all who ask; nil when the campaign cannot be read.
    private func snapshot(of id: CampaignID, _ look: @Sendable () async throws -> JSONValue?) async -> JSONValue? {
        let number = beat.number
        enum Turn { case mine, done(JSONValue?), another }
        let turn: Turn = state.withLock { state in
            switch state.looks[id] {
            case .done(let snapshot, number): return .done(snapshot)
            case .underWay: return .another
            default:
                state.looks[id] = .underWay([])
                return .mine
            }
        }
        switch turn {
        case .done(let snapshot): return snapshot
        case .mine:
            let snapshot = try? await look()
            let waiting: [UnsafeContinuation<JSONValue?, Never>] = state.withLock { state in
                defer { state.looks[id] = .done(snapshot, beat: number) }
                if case .underWay(let waiting) = state.looks[id] { return waiting }
                return []
            }
            for continuation in waiting { continuation.resume(returning: snapshot) }
            return snapshot
        case .another:
            return await withUnsafeContinuation { continuation in
                let known: JSONValue?? = state.withLock { state in
                    switch state.looks[id] {
                    case .underWay(let waiting):
                        state.looks[id] = .underWay(waiting + [continuation])
                        return nil
                    case .done(let snapshot, _): return .some(snapshot)
                    case nil: return .some(nil)
                    }
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }
}
