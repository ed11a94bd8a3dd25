package import Core

/// What compiling needs besides the condition. The result depends on nothing else.
package struct CompilationContext {
    /// What the fragment will be used for; both give the same answer.
    package enum Purpose: Sendable {
        /// To find everyone it is true for: rare tags lead the search.
        case audience
        /// To judge one profile that is known by its id.
        case profile
    }

    package var now: Timestamp
    package var purpose: Purpose
    /// The condition of a named segment, or nil when there is none of that id.
    package var segment: (SegmentID) -> Condition?

    package init(now: Timestamp, purpose: Purpose = .audience, segment: @escaping (SegmentID) -> Condition?) {
        self.now = now
        self.purpose = purpose
        self.segment = segment
    }

    package init(now: Timestamp, purpose: Purpose = .audience, segments: [SegmentID: Condition] = [:]) {
        self.init(now: now, purpose: purpose) { segments[$0] }
    }
}
