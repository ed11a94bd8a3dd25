package import Core
package import Linux

/// ledger-*.db: what happened to every recipient of every run. Its writer sees clairon.db read-only as `app`, so that
/// consent is checked in the statement that claims a recipient.
package final class Ledger: Sendable {
    package let file: DatabaseFile
    package let hash: SipHash
    package let time: any TimeSource

    /// - Precondition: the store of the same folder is open (its file exists and is migrated).
    package init(folder: DataFolder, store: Store) throws {
        file = try DatabaseFile(path: folder.ledgerPath, schema: .ledger, secureDelete: false,
                                attaching: ["app": folder.storePath], writerAttaches: ["app"], time: store.time)
        hash = store.hash
        time = store.time
    }

    package var now: Timestamp { Timestamp(milliseconds: time.wallMilliseconds) }

    package func close() throws { try file.close() }
}
