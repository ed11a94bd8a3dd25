import Core
import FoundationEssentials

/// The settings a channel needs beyond the common ones. Files are read when the server starts, not here.
enum ChannelSettings: Sendable {
    case apns(teamID: String, keyID: String, keyFile: String, topic: String, production: Bool)
    case fcm(serviceAccountFile: String)
    case webpush(subject: String, vapidKeyFile: String)
    case messenger(pageID: String, pageTokenFile: String, appSecretFile: String, verifyTokenFile: String, apiVersion: String?)
    case kannel(sender: String, username: String, passwordFile: String, inboundTokenFile: String?, countryCode: String?)
    case twilio(sender: String, accountSID: String, authTokenFile: String)

    /// Nil when a problem was reported.
    init?(_ channel: Channel, _ reader: inout ObjectReader, base: URL) {
        switch channel {
        case .apns:
            let environment = reader.string("environment") ?? "production"
            if environment != "production", environment != "sandbox" {
                reader.fail("environment", "invalid_value", "must be production or sandbox (got \(environment))")
            }
            let (team, key) = (reader.requiredString("team_id"), reader.requiredString("key_id"))
            let (file, topic) = (reader.requiredString("key_file"), reader.requiredString("topic"))
            guard let team, let key, let file, let topic else { return nil }
            self = .apns(teamID: team, keyID: key, keyFile: base.resolve(file), topic: topic,
                         production: environment == "production")
        case .fcm:
            guard let file = reader.requiredString("service_account_file") else { return nil }
            self = .fcm(serviceAccountFile: base.resolve(file))
        case .webpush:
            let (subject, file) = (reader.requiredString("subject"), reader.requiredString("vapid_key_file"))
            guard let subject, let file else { return nil }
            guard subject.hasPrefix("mailto:") || subject.hasPrefix("https://") else {
                reader.fail("subject", "invalid_value", "must be a mailto: or https: contact (got \(subject))")
                return nil
            }
            self = .webpush(subject: subject, vapidKeyFile: base.resolve(file))
        case .messenger:
            let version = reader.string("api_version")
            let (page, token) = (reader.requiredString("page_id"), reader.requiredString("page_token_file"))
            let (secret, verify) = (reader.requiredString("app_secret_file"), reader.requiredString("verify_token_file"))
            guard let page, let token, let secret, let verify else { return nil }
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
        let (provider, sender) = (reader.requiredString("provider"), reader.requiredString("sender"))
        switch provider {
        case "kannel":
            let (username, password) = (reader.requiredString("username"), reader.requiredString("password_file"))
            let (inbound, country) = (reader.string("inbound_token_file"), reader.string("country_code"))
            guard let sender, let username, let password else { return nil }
            return .kannel(sender: sender, username: username, passwordFile: base.resolve(password),
                           inboundTokenFile: inbound.map(base.resolve), countryCode: country)
        case "twilio":
            let (sid, token) = (reader.requiredString("account_sid"), reader.requiredString("auth_token_file"))
            guard let sender, let sid, let token else { return nil }
            return .twilio(sender: sender, accountSID: sid, authTokenFile: base.resolve(token))
        case nil: return nil
        case let provider?:
            reader.fail("provider", "invalid_value",
                        "must be kannel or twilio\(Suggestion.text(for: provider, among: ["kannel", "twilio"]))")
            return nil
        }
    }
}
