package import Core

extension Condition {
    /// One statement of the tree and where it stands in `normalizedJSON`.
    package struct Leaf: Sendable, Equatable {
        /// JSON Pointer from the root of the condition: `/and/0/not`.
        package let pointer: String
        package let condition: Condition
    }

    /// The statements in reading order; each compiles on its own.
    package var leaves: [Leaf] { leaves(at: "") }

    /// The segments named in this condition, not those named in turn by them.
    package var referencedSegments: Set<SegmentID> {
        var found: Set<SegmentID> = []
        for leaf in leaves { if case .segment(let id) = leaf.condition { found.insert(id) } }
        return found
    }

    private func leaves(at pointer: String) -> [Leaf] {
        switch self {
        case .and(let children):
            children.enumerated().flatMap { $1.leaves(at: JSONPointer.join(pointer + "/and", $0)) }
        case .or(let children):
            children.enumerated().flatMap { $1.leaves(at: JSONPointer.join(pointer + "/or", $0)) }
        case .not(let child): child.leaves(at: pointer + "/not")
        default: [Leaf(pointer: pointer, condition: self)]
        }
    }
}
