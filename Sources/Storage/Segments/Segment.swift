package import Core

/// A named condition. The version counts its changes.
package struct Segment: Sendable, Equatable {
    package let id: SegmentID
    package let name: String
    package let condition: JSONValue
    package let version: Int64
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
}
