package import Core
import Linux
package import Storage

/// What the handlers work with: one for each server, shared by all its threads.
package final class APIContext: Sendable {
    package let store: Store
    package let channelRules: [Channel: any ChannelRules]
    /// Those that have rules.
    let channels: [Channel]
    /// Accounts whose operator allows web push endpoints on private addresses.
    package let privateEndpointAccounts: Set<String>
    package let keys: KeyRing
    package let metrics: MetricsRegistry
    package let readiness: Readiness
    package let fence = Fence()
    package let accounts = AccountStatuses()
    package let imports: ImportDesk
    /// `limits.max_body_bytes` of the configuration: what a JSON body may have.
    package let maxBodyBytes: Int
    let inProgress = InProgress()

    /// Nothing is reached before the router is; imports that the last process left running, and whose bodies are not here, are marked as failed.
    ///
    /// - Parameter maxWaitingImportBytes: of the bodies of imports that nobody waits for.
    /// - Throws: `StorageError` when the store cannot be written.
    package init(store: Store, channelRules: [any ChannelRules], privateEndpointAccounts: Set<String> = [],
                 maxBodyBytes: Int = 1_048_576, maxWaitingImportBytes: Int = 256 << 20, limits: AccessLimits = AccessLimits()) throws {
        self.store = store
        self.channelRules = Dictionary(channelRules.map { ($0.channel, $0) }) { first, _ in first }
        channels = Channel.allCases.filter { [channelRules = self.channelRules] in channelRules[$0] != nil }
        self.privateEndpointAccounts = privateEndpointAccounts
        self.maxBodyBytes = maxBodyBytes
        keys = KeyRing(store: store, limits: limits)
        metrics = MetricsRegistry()
        readiness = Readiness()
        _ = try store.writeNow { try $0.failInterruptedImports() }
        imports = try ImportDesk(store: store, maxBytes: maxWaitingImportBytes)
        metrics.register { FileMetrics.read(store.file, name: "store") }
        metrics.register(keys.figures)
        metrics.register { [imports] in
            [Metric("clairon_waiting_import_bytes", .gauge, "Bodies of imports that nobody waits for and that are not stored yet.", [.init(Double(imports.waitingBytes))])]
        }
    }
}
