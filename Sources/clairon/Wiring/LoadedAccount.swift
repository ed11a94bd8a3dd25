import APNs
import Core
import Curl
import DeliveryEngine
import FCM
import Messenger
import OpenSSL
import SMS
import WebPush

/// A configured account with its files read and its credentials checked: what the engine sends through and what
/// reads its provider's callbacks.
struct LoadedAccount: Sendable {
    let config: AccountConfig
    let makeAdapter: @Sendable () throws -> any ChannelAdapter
    /// Nil for channels whose providers never call.
    let receiver: (any CallbackReceiver)?

    /// The rules of every channel this program delivers.
    static let rules: [any ChannelRules] = [APNsRules(), FCMRules(), WebPushRules(), MessengerRules(), SMSRules()]

    /// - Parameters:
    ///   - publicURL: where providers reach this server.
    ///   - callbackSecret: 32 bytes that stay the same over restarts.
    /// - Throws: `ConfigError` naming the key, with every problem of the account.
    init(_ config: AccountConfig, publicURL: String, callbackSecret: [UInt8], path: String) throws(ConfigError) {
        self.config = config
        let account = config.account
        let errors = FieldErrors()
        let pointer = JSONPointer.join("/accounts", account.name)
        do {
            switch config.settings {
            case .apns(let teamID, let keyID, let keyFile, let topic, let production):
                let key = try P256.SigningKey(pem: SecretFile.read(keyFile))
                makeAdapter = {
                    APNsAdapter(account: account, teamID: teamID, keyID: keyID, key: key, topic: topic,
                                environment: production ? .production : .sandbox, baseURL: config.baseURL)
                }
                receiver = nil
            case .fcm(let file):
                let serviceAccount = try ServiceAccount(json: SecretFile.read(file))
                makeAdapter = { FCMAdapter(account: account, serviceAccount: serviceAccount, baseURL: config.baseURL) }
                receiver = nil
            case .webpush(let subject, let file):
                let key = try P256.SigningKey(pem: SecretFile.read(file))
                makeAdapter = { try WebPushAdapter(account: account, key: key, subject: subject) }
                receiver = nil
            case .messenger(let pageID, let token, let secret, let verify, let version):
                var settings = MessengerAccount(name: account.name, pageID: pageID, pageToken: try SecretFile.line(token),
                                                appSecret: try SecretFile.line(secret), verifyToken: try SecretFile.line(verify))
                if let url = config.baseURL { settings.baseURL = url }
                if let version { settings.profile.apiVersion = version }
                settings.check(at: pointer, errors: errors)
                let checked = settings
                makeAdapter = { MessengerAdapter(checked) }
                receiver = MessengerReceiver(checked)
            case .kannel(let sender, let username, let passwordFile, let inboundTokenFile, let countryCode):
                var kannel = KannelSettings(baseURL: config.baseURL ?? "http://127.0.0.1:13013/cgi-bin/sendsms",
                                            username: username, password: try SecretFile.line(passwordFile),
                                            inboundToken: try inboundTokenFile.map { file throws(SecretFile.Unusable) in try SecretFile.line(file) })
                kannel.countryCode = countryCode
                let settings = SMSAccount(name: account.name, provider: .kannel(kannel), sender: sender,
                                          publicURL: publicURL, callbackSecret: callbackSecret)
                settings.check(at: pointer, errors: errors)
                makeAdapter = { SMSAdapter(settings) }
                receiver = SMSReceiver(settings)
            case .twilio(let sender, let accountSID, let tokenFile):
                var twilio = TwilioSettings(accountSID: accountSID, authToken: try SecretFile.line(tokenFile))
                if let url = config.baseURL { twilio.baseURL = url }
                let settings = SMSAccount(name: account.name, provider: .twilio(twilio), sender: sender,
                                          publicURL: publicURL, callbackSecret: callbackSecret)
                settings.check(at: pointer, errors: errors)
                makeAdapter = { SMSAdapter(settings) }
                receiver = SMSReceiver(settings)
            }
        } catch let invalid as InvalidInput {
            throw ConfigError(path: path, problems: invalid.errors.map { "accounts.\(account.name): service_account_file: \($0.pointer) \($0.detail)" })
        } catch {
            throw ConfigError(path: path, problems: ["accounts.\(account.name): \(error)"])
        }
        guard errors.isEmpty else { throw ConfigError(path: path, errors: errors.list) }
    }

    /// How the engine sends through it; `id` is the account's row in the store.
    func engineAccount(id: Int64) -> EngineAccount {
        var transport = TransportOptions()
        transport.caFile = config.caFile
        let isPlain = config.baseURL?.hasPrefix("http://") ?? config.allowPrivateEndpoints
        transport.httpVersion = switch config.httpVersion ?? (isPlain ? .http1 : .http2) {
        case .http1: .http1
        case .http2: .http2
        case .http2PriorKnowledge: .http2PriorKnowledge
        }
        let isWebPush = config.account.channel == .webpush
        // The endpoint is given by a stranger: only addresses of the public Internet, judged after the name is resolved.
        if isWebPush, !config.allowPrivateEndpoints {
            transport.allowsAddress = { IPRange.isPublic($0.bytes, throughNAT64: true) }
            transport.httpsOnly = true
        }
        // Apple allows one stream until the first request with a valid token has succeeded.
        transport.startsWithOne = config.account.channel == .apns && transport.httpVersion != .http1
        let (connections, inFlight, pools) = switch (transport.httpVersion, isWebPush) {
        case (.http1, _): (16, 16, 1)
        // Many hosts, few messages to each.
        case (_, true): (2, 100, 1)
        // 10,000 a second at 50 ms.
        case (_, false): (1, 500, 10)
        }
        return EngineAccount(
            id: id, account: config.account, transport: transport, connections: connections, maxInFlight: inFlight, pools: pools,
            ratePerSecond: (config.ratePerSecond ?? defaultRate).map(Double.init), ramp: config.ramp, makeAdapter: makeAdapter)
    }

    /// Messages per second when the configuration names none: what the provider allows everybody, or less.
    private var defaultRate: Int? {
        switch config.settings {
        // 600,000 a minute for each project (Firebase, "Throttling and quotas").
        case .fcm: 10_000
        // 300 calls a second for each Page (Messenger Platform, "Rate limiting").
        case .messenger: 250
        case .kannel: 50
        case .twilio: 10
        // Apple and the push services publish no rate: they answer 429.
        case .apns, .webpush: nil
        }
    }
}
