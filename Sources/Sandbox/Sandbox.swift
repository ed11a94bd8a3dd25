package import Core
package import HTTPServer
package import Linux
import OpenSSL

/// Every simulated provider on one port: judges what it is sent, keeps receipts, fails on demand.
///
/// APNs `/3/device/…`, FCM `/token` and `/v1/projects/…`, web push `/wpush/…`, Messenger `/v25.0/…/messages`, Kannel
/// `/cgi-bin/sendsms`, Twilio `/2010-04-01/…`; what it saw and how it shall fail under `/sandbox/…`. Loopback and plain
/// HTTP/1.1. Any thread.
package final class Sandbox: Sendable {
    package let world: SandboxWorld
    package let receipts: Receipts
    package let faults: Faults
    package let apns: APNsSimulator
    package let fcm: FCMSimulator
    package let webPush: WebPushSimulator
    package let messenger: MessengerSimulator
    package let kannel: KannelSimulator
    package let twilio: TwilioSimulator

    let settings: SandboxSettings
    let sender: CallbackSender?
    private let time: any TimeSource
    private let pending = Lock<[ProviderCallback]>([])
    private let server = Lock<Server?>(nil)

    package init(world: SandboxWorld, settings: SandboxSettings = SandboxSettings(), time: any TimeSource = SystemTime()) throws {
        self.world = world
        self.settings = settings
        self.time = time
        receipts = try Receipts(maxKept: settings.maxReceipts, keepsTexts: settings.keepsTexts, file: settings.receiptFile)
        faults = Faults(seed: world.seed)
        sender = settings.deliversCallbacks ? try CallbackSender(address: settings.callbackAddress) : nil
        let ids = ProviderIDs(seed: world.seed)
        let book = world.book
        let isStrict = settings.knowsOnlyItsOwn
        apns = APNsSimulator(
            settings: settings.apns,
            keys: [APNsKey(keyID: world.apnsKeyID, teamID: world.teamID, publicKey: try world.apnsKey.publicKey)],
            ids: ids, isKnown: { !isStrict || book.isAPNsToken($0) })
        fcm = FCMSimulator(
            settings: settings.fcm,
            account: FCMServiceAccount(
                projectID: world.projectID, clientEmail: world.clientEmail, keyID: world.fcmKeyID,
                publicKey: world.fcmKey.publicKey),
            ids: ids, isKnown: { !isStrict || book.isFCMToken($0) })
        webPush = WebPushSimulator(book: book, applicationServerKey: world.vapidKey.publicPoint, ids: ids)
        messenger = MessengerSimulator(
            settings: settings.messenger, pageToken: world.pageToken, appSecret: world.appSecret, ids: ids,
            isKnown: { !isStrict || book.isPSID($0) })
        kannel = KannelSimulator(
            settings: settings.kannel, user: world.kannelUser, password: world.kannelPassword, ids: ids)
        twilio = TwilioSimulator(
            settings: settings.twilio, account: world.twilioAccount, authToken: world.twilioAuthToken, ids: ids)
    }

    /// Listens.
    ///
    /// - Returns: the port, of interest if the configuration left it to the system.
    package func start(_ configuration: ServerConfiguration = ServerConfiguration()) throws -> Int {
        var configuration = configuration
        // Web push messages are encoded, and meant to be.
        configuration.refusesContentCodings = false
        let server = try Server(configuration, router: router())
        let port = try server.start()
        self.server.withLock { $0 = server }
        return port
    }

    /// Waits until the callbacks made so far have been delivered or given up.
    package func settle() async { await sender?.settle() }

    /// Stops listening, lets running requests finish, and delivers the callbacks that wait.
    package func stop() async {
        let running = server.withLock { server -> Server? in
            defer { server = nil }
            return server
        }
        await running?.drain()
        await settle()
        sender?.stop()
    }

    /// The callbacks not yet made, when the settings leave them to the caller; they are the caller's from then on.
    package func pendingCallbacks() -> [ProviderCallback] {
        pending.withLock { pending in
            let taken = pending
            pending = []
            return taken
        }
    }

    /// Delivers a callback, or keeps it for `pendingCallbacks`, as the settings say.
    package func call(_ callback: ProviderCallback) {
        if let sender { sender.post(callback) } else { pending.withLock { $0.append(callback) } }
    }

    package var now: Timestamp { Timestamp(milliseconds: time.wallMilliseconds) }

    /// One request to a provider, from its first byte to the answer.
    func answer(_ request: Request, by simulator: any Simulator) async -> Response {
        let address = addressInPath(request, simulator.channel)
        let early = faults.strike(simulator.channel, address) { $0 == .cutBeforeReading }
        if early != nil { return Response(status: 500, body: .abort) }
        guard let body = try? await request.body.collect(upTo: Sandbox.maxBodyBytes) else {
            return Response(status: 413)
        }
        let seen = ProviderRequest(request, body: body, publicOrigin: settings.publicOrigin)
        let now = now
        var verdict = simulator.judge(seen, now: now)
        var fault: Fault.Kind?
        if verdict.isTaken {
            fault = faults.strike(simulator.channel, verdict.items.first?.address ?? "") {
                $0 != .cutBeforeReading && ($0 != .undelivered || simulator.callbacksWhenUndelivered(seen, verdict, now: now) != nil)
            }
            apply(fault, to: &verdict, of: simulator, seen, now: now)
        }
        let isCut = fault == .cutAfterReading
        do {
            try receipts.record(
                simulator.channel, verdict.items, status: isCut ? 0 : verdict.answer.status, isTaken: verdict.isTaken, at: now)
        } catch {
            return Response(status: 507, body: .bytes(Array("\(error)\n".utf8)))
        }
        for callback in verdict.callbacks { call(callback) }
        await wait(fault)
        return isCut ? Response(status: 500, body: .abort) : Response(verdict.answer)
    }

    /// Far above every provider's limit: what is only too large for the provider gets the provider's own answer.
    static let maxBodyBytes = 262_144

    private func apply(
        _ fault: Fault.Kind?, to verdict: inout Verdict, of simulator: any Simulator, _ request: ProviderRequest, now: Timestamp
    ) {
        switch fault {
        case .refuse(let refusal):
            guard let answer = simulator.answer(to: refusal, verdict, now: now) else { return }
            verdict.answer = answer
            verdict.isTaken = answer.isSuccess
            if !answer.isSuccess { verdict.callbacks = [] }
        case .undelivered: verdict.callbacks = simulator.callbacksWhenUndelivered(request, verdict, now: now) ?? []
        case .stall, .cutBeforeReading, .cutAfterReading, nil: return
        }
    }

    private func wait(_ fault: Fault.Kind?) async {
        var pause = faults.latency
        if case .stall(let seconds) = fault { pause += .milliseconds(Int64(min(max(seconds, 0), 3_600) * 1_000)) }
        // A cancelled wait only answers earlier.
        if pause > .zero { try? await Task.sleep(for: pause) }
    }

    /// The address as far as the path shows it, for faults that strike before the body is read.
    private func addressInPath(_ request: Request, _ channel: Channel) -> String {
        switch channel {
        case .apns: request.parameters["token"]?.asciiLowercased ?? ""
        case .webpush: ProviderRequest.origin(of: request, publicOrigin: settings.publicOrigin) + request.path
        default: ""
        }
    }
}
