package import Core

/// The body of an import that goes on after its answer, kept in parts until every line of it is in.
package struct Upload: Sendable {
    package enum Format: String, Sendable, CaseIterable { case ndjson, csv }

    package let id: UploadID
    package let format: Format
    /// Whether events of unknown profiles make them.
    package let createsProfiles: Bool

    package init(id: UploadID, format: Format, createsProfiles: Bool) {
        self.id = id
        self.format = format
        self.createsProfiles = createsProfiles
    }
}
