import API
import Core
import DeliveryEngine
import Glibc
import HTTPServer
import Linux
import Logging
import Storage
import Webhooks

/// A whole server: the only place where API and engine meet. Starts in the order in which things depend on one another,
/// stops in the reverse.
final class RunningServer: Sendable {
    /// The port that is listened on; the system's choice when the configuration says 0.
    let port: Int
    let context: APIContext
    let store: Store
    let ledger: Ledger
    let engine: Engine
    private let webhooks: WebhookSender
    private let server: Server
    private let progress: ProgressDesk
    private let tls: TLSCredentials?
    /// Whether the service manager holds the listening socket, so that nobody is refused while this process is away.
    let isSocketInherited: Bool
    private let folder: DataFolder
    private let log: Logger
    private let isStopping: Lock<Bool>

    /// Opens the data folder, recovers the ledger, listens, and starts to send.
    ///
    /// - Parameter socket: a listening socket to serve on instead of `listen`; it stays open.
    /// - Throws: `ConfigError`, `StorageError` or `Errno`, each with what to do about it.
    init(_ config: Config, path: String, log: Logger, socket: Int32? = nil,
         time: any TimeSource = SystemTime()) throws {
        self.log = log
        let budget = DescriptorBudget(config, limit: DescriptorLimit.raise())
        if let warning = budget.warning { log.warning("few_descriptors", metadata: ["detail": "\(warning)"]) }
        let isStopping = Lock(false)
        self.isStopping = isStopping
        folder = try DataFolder(path: config.dataFolder)
        store = try Store(folder: folder, accounts: config.accounts.map(\.account), maxPendingBytes: config.limits.maxPendingWriteBytes, time: time)
        ledger = try Ledger(folder: folder, store: store)

        tls = try config.tls.map { TLSCredentials(try $0.load(path: path)) }
        let publicURL = config.publicURL ?? "\(config.tls == nil ? "http" : "https")://\(config.listen.host):\(config.listen.port)"
        let store = store
        let loaded = try config.accounts.map { config throws(ConfigError) in
            try LoadedAccount(config, publicURL: publicURL, callbackSecret: store.callbackSecret, path: path)
        }
        context = try APIContext(
            store: store, channelRules: LoadedAccount.rules,
            privateEndpointAccounts: Set(config.accounts.filter(\.allowPrivateEndpoints).map(\.account.name)),
            maxBodyBytes: config.limits.maxBodyBytes, maxWaitingImportBytes: config.limits.maxWaitingImportBytes, limits: config.limits.access)
        engine = try Engine(
            store: store, ledger: ledger,
            accounts: loaded.compactMap { account in
                store.accountIDs[account.config.account.name].map(account.engineAccount(id:))
            },
            rules: context.channelRules, senders: max(1, Cores.usable - 1),
            log: { EngineLog.write($0, to: log) },
            onFatal: { reason in
                log.critical("engine_failed", metadata: ["reason": "\(reason)"])
                exit(70)
            })
        let recovery = engine.recovery
        log.info("ledger_recovered", metadata: [
            "epoch": "\(recovery.epoch)", "released": "\(recovery.released)", "resent": "\(recovery.resent)",
            "unknown": "\(recovery.unknown)", "dead": "\(recovery.dead)",
        ])

        webhooks = try WebhookSender(store: store, settings: WebhookSettings(config.webhooks), log: { WebhookLog.write($0, to: log) }, onFatal: { reason in
            log.critical("webhooks_failed", metadata: ["reason": "\(reason)"])
            exit(70)
        })

        let enginePort = EnginePort(engine: engine)
        let services = CampaignServices(ledger: ledger, engine: enginePort)
        progress = services.progress
        let desk = CallbackDesk(receivers: loaded.compactMap(\.receiver), store: store, ledger: ledger, engine: enginePort, publicURL: publicURL)
        let api = API(context, adding: [.campaigns(services), .campaignActions(services), .reports(services), .messages(services), .hooks(desk),
                                         .webhooks(WebhookServices(allowsPrivate: config.webhooks.allowPrivateEndpoints, wake: webhooks.wake))])
        var configuration = ServerConfiguration()
        configuration.host = config.listen.host
        configuration.port = config.listen.port
        configuration.tls = tls
        configuration.loops = Cores.usable
        configuration.maxConnections = budget.connections
        configuration.maxConnectionsPerAddress = config.limits.maxConnectionsPerAddress
        configuration.maxTurnedAway = budget.guests(loops: configuration.loops)
        server = try Server(configuration, router: api.router, time: time)
        context.readiness.register("stopping") { !isStopping.withLock { $0 } }
        context.fence.register { [ledger] in await ledger.fence() }
        context.metrics.register(EngineMetrics(engine: engine, ledger: ledger).read)
        context.accounts.register { enginePort.accountStatuses }
        // The server holds its routes, and they the metrics: not a circle.
        context.metrics.register { [weak server] in server.map { ServerMetrics(server: $0).read() } ?? [] }
        context.metrics.register(WebhookMetrics(sender: webhooks, store: store).read)
        context.metrics.register(LedgerCensus(ledger: ledger).read)
        context.metrics.register(ProgramMetrics.read)
        isSocketInherited = socket != nil
        do {
            if let socket {
                port = try server.start(on: socket)
            } else {
                port = try server.start()
            }
        } catch let error as Errno {
            throw StorageError.unusable("cannot listen on \(config.listen.host):\(config.listen.port): \(error)")
        }
        engine.start()
        try context.imports.start(context)
        try AdminSocket.serve(folder: config.dataFolder) { [context] in AdminCommands.answer($0, context.store, services, forget: context.keys.forget) }
        let origin = isSocketInherited ? "LISTEN_FDS" : "listen"
        log.info("listening", metadata: [
            "address": "\(config.listen.host):\(port)", "socket": "\(origin)", "data_dir": "\(config.dataFolder)",
        ])
    }

    /// For the watchdog: each event loop answers when it turns, each writer after a commit. On a full disk nothing commits and a restart
    /// mends nothing: there the writer's answer is enough.
    ///
    /// - Returns: how many answers there will be if all is well.
    func prove(_ done: @escaping @Sendable () -> Void) -> Int {
        let beat: @Sendable (Result<Void, any Error>) -> Void = { result in
            switch result {
            case .success, .failure(StorageError.full): done()
            case .failure: break
            }
        }
        store.file.writer.beat(completion: beat)
        ledger.file.writer.beat(completion: beat)
        return 2 + server.tick(done)
    }

    /// Reads the certificate again: new connections get it, those that are open go on with theirs. One that does not work changes nothing.
    func reloadCertificate(_ files: TLSFiles, path: String) {
        do throws(ConfigError) {
            tls?.replace(with: try files.load(path: path))
            log.info("certificate_reloaded")
        } catch {
            log.error("certificate_refused", metadata: ["detail": "\(error)", "kept": "the one before"])
        }
    }

    /// Answers what is under way, lets messages in flight finish, writes their results, checkpoints, closes.
    ///
    /// - Parameter notice: for how long new connections are taken still while `/readyz` says that they should go elsewhere.
    func stop(notice: Duration = .zero) async {
        isStopping.withLock { $0 = true }
        server.sayGoodbye()
        progress.end()
        async let messages: Void = engine.stop()
        async let events: Void = webhooks.stop()
        async let imports: Void = context.imports.stop()
        if notice > .zero { try? await Task.sleep(for: notice) }
        await server.drain()
        if !(await server.hasJoined(withinMilliseconds: 5_000)) { log.error("handlers_stuck") }
        await messages
        await events
        await imports
        unlink(AdminSocket.path(in: folder.path))
        do {
            try ledger.close()
            try store.close()
        } catch {
            log.error("close_failed", metadata: ["error": "\(error)"])
        }
        log.info("stopped")
    }
}
