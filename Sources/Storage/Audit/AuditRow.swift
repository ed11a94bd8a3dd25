package import Core

/// One change, as the audit log keeps it.
package struct AuditRow: Sendable, Equatable {
    /// 1, 2, 3 … without gaps.
    package var id: Int64
    package var at: Timestamp
    /// `key_3`, or `command`.
    package var actor: String
    package var action: String
    package var object: String
    /// SHA-256 of what was there before and is there after.
    package var before: [UInt8]?
    package var after: [UInt8]?
    package var request: String?
    /// SHA-256 of the row before's hash and of this row's content.
    package var hash: [UInt8]

    package init(id: Int64, at: Timestamp, actor: String, action: String, object: String, before: [UInt8]?, after: [UInt8]?, request: String?,
                 hash: [UInt8]) {
        self.id = id
        self.at = at
        self.actor = actor
        self.action = action
        self.object = object
        self.before = before
        self.after = after
        self.request = request
        self.hash = hash
    }
}

/// Which rows of the audit log are wanted; nil for any.
package struct AuditFilter: Sendable {
    package var actor: String?
    package var action: String?
    package var object: String?

    package init(actor: String? = nil, action: String? = nil, object: String? = nil) {
        self.actor = actor
        self.action = action
        self.object = object
    }
}
