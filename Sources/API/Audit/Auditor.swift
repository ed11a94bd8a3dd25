package import Core
import HTTPServer
import OpenSSL
package import Storage

/// Who changes something, for the audit log.
package struct Auditor: Sendable {
    private let actor: String
    private let request: String?

    /// The command line.
    package static let command = Auditor(actor: "command", request: nil)

    init(actor: String, request: String?) {
        self.actor = actor
        self.request = request
    }

    /// Adds a row in the transaction of the change itself.
    ///
    /// - Parameters:
    ///   - object: a row's id, or `Auditor.person`; never an external id or an address.
    ///   - before: what the row said; only its digest is kept. Nil where a digest could be guessed back to a person.
    package func note(_ action: AuditAction, _ object: String, before: JSONValue? = nil, after: JSONValue? = nil,
                      in transaction: StoreTransaction) throws {
        let end = try transaction.auditEnd()
        var row = AuditRow(id: (end?.id ?? 0) + 1, at: transaction.now, actor: actor, action: action.rawValue, object: object,
                           before: before.map { SHA256.hash($0.bytes) }, after: after.map { SHA256.hash($0.bytes) }, request: request, hash: [])
        row.hash = AuditChain.hash(row, after: end?.hash ?? [UInt8](repeating: 0, count: SHA256.byteCount))
        try transaction.append(audit: row, mark: "\(row.id):\(Hex.encode(row.hash))")
    }

    /// A person without a name: the external id under this installation's hash key.
    package static func person(_ externalID: String, in store: Store) -> String {
        "person_" + String(store.hash.hash("audit/" + externalID), radix: 16)
    }
}

extension APICall {
    var auditor: Auditor { Auditor(actor: key?.id.description ?? "nobody", request: request.id) }
}
