import Core
import FoundationEssentials

/// The settings a channel needs beyond the common ones. Files are read when the server starts, not here.
enum ChannelSettings: Sendable {
    case apns(teamID: String, keyID: String, keyFile: String, topic: String, production: Bool)
    case fcm(serviceAccountFile: String)
    case webpush(subject: String, vapidKeyFile: String)
    case messenger(pageID: String, pageTokenFile: String, appSecretFile: String, verifyTokenFile: String, apiVersion: String?)
    case kannel(sender: String, username: String, passwordFile: String, inboundTokenFile: String?)
    case twilio(sender: String, accountSID: String, authTokenFile: String)

    /// Nil when a problem was reported.
    init?(_ channel: Channel, _ reader: inout ObjectReader, base: URL) {
        switch channel {
        case .apns:
            let environment = reader.string("environment") ?? "production"
            if environment != "production", environment != "sandbox" {
                reader.fail("environment", "invalid_value", "must be production or sandbox (got \(environment))")
            }
            guard let team = reader.requiredString("team_id"), let key = reader.requiredString("key_id"),
                let file = reader.requiredString("key_file"), let topic = reader.requiredString("topic")
            else { return nil }
            self = .apns(teamID: team, keyID: key, keyFile: base.resolve(file), topic: topic,
                         production: environment == "production")
        case .fcm:
            guard let file = reader.requiredString("service_account_file") else { return nil }
            self = .fcm(serviceAccountFile: base.resolve(file))
        case .webpush:
            guard let subject = reader.requiredString("subject"), let file = reader.requiredString("vapid_key_file") else { return nil }
            guard subject.hasPrefix("mailto:") || subject.hasPrefix("https://") else {
                reader.fail("subject", "invalid_value", "must be a mailto: or https: contact (got \(subject))")
                return nil
            }
            self = .webpush(subject: subject, vapidKeyFile: base.resolve(file))
        case .messenger:
            let version = reader.string("api_version")
            guard let page = reader.requiredString("page_id"), let token = reader.requiredString("page_token_file"),
                let secret = reader.requiredString("app_secret_file"), let verify = reader.requiredString("verify_token_file")
            else { return nil }
            self = .messenger(pageID: page, pageTokenFile: base.resolve(token), appSecretFile: base.resolve(secret),
                              verifyTokenFile: base.resolve(verify), apiVersion: version)
        case .sms:
            guard let settings = ChannelSettings.sms(&reader, base: base) else { return nil }
            self = settings
        case .whatsapp, .line, .wechat, .inapp:
            reader.fail("channel", "unsupported", "\(channel.rawValue) is not delivered by this version: remove the account")
            return nil
        }
    }

    private static func sms(_ reader: inout ObjectReader, base: URL) -> ChannelSettings? {
        guard let provider = reader.requiredString("provider"), let sender = reader.requiredString("sender") else { return nil }
        switch provider {
        case "kannel":
            guard let username = reader.requiredString("username"), let password = reader.requiredString("password_file") else { return nil }
            return .kannel(sender: sender, username: username, passwordFile: base.resolve(password),
                           inboundTokenFile: reader.string("inbound_token_file").map(base.resolve))
        case "twilio":
            guard let sid = reader.requiredString("account_sid"), let token = reader.requiredString("auth_token_file") else { return nil }
            return .twilio(sender: sender, accountSID: sid, authTokenFile: base.resolve(token))
        default:
            reader.fail("provider", "invalid_value",
                        "must be kannel or twilio\(Suggestion.text(for: provider, among: ["kannel", "twilio"]))")
            return nil
        }
    }

    /// Every file the settings name, by its key.
    var files: [(key: String, path: String)] {
        switch self {
        case .apns(_, _, let keyFile, _, _): [("key_file", keyFile)]
        case .fcm(let file): [("service_account_file", file)]
        case .webpush(_, let file): [("vapid_key_file", file)]
        case .messenger(_, let token, let secret, let verify, _):
            [("page_token_file", token), ("app_secret_file", secret), ("verify_token_file", verify)]
        case .kannel(_, _, let password, let inbound):
            [("password_file", password)] + (inbound.map { [("inbound_token_file", $0)] } ?? [])
        case .twilio(_, _, let token): [("auth_token_file", token)]
        }
    }
}
