package import Core

/// The configuration of one Facebook Page that sends through the Messenger Platform.
package struct MessengerAccount: Sendable {
    package var account: Account
    package var pageID: String
    /// Needs `pages_messaging`, and `pages_utility_messaging` for utility templates.
    package var pageToken: String
    /// Signs webhooks and the `appsecret_proof` of requests.
    package var appSecret: String
    /// The text that Meta repeats when the webhook is set up.
    package var verifyToken: String
    /// Our app; tells echoes of our own messages from those of people and other apps.
    package var appID: String?
    package var baseURL = "https://graph.facebook.com"
    package var profile = MessengerProfile()

    package init(name: String, pageID: String, pageToken: String, appSecret: String, verifyToken: String) {
        account = Account(name: name, channel: .messenger)
        self.pageID = pageID
        self.pageToken = pageToken
        self.appSecret = appSecret
        self.verifyToken = verifyToken
    }

    /// Adds what is wrong with these settings, at the keys of config.json.
    package func check(at pointer: String, errors: FieldErrors) {
        func fail(_ key: String, _ detail: String) {
            errors.add(JSONPointer.join(pointer, key), "invalid_value", detail)
        }
        func isNumber(_ text: String) -> Bool { !text.isEmpty && text.utf8.count <= 32 && text.utf8.allSatisfy(\.isASCIIDigit) }
        func isPrintable(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
        if !isNumber(pageID) { fail("page_id", "must be the Page's numeric id") }
        if let appID, !isNumber(appID) { fail("app_id", "must be the app's numeric id") }
        if !isPrintable(pageToken) { fail("page_token_file", "must hold the Page access token on one line") }
        if !isPrintable(appSecret) { fail("app_secret_file", "must hold the app secret on one line") }
        if !isPrintable(verifyToken) { fail("verify_token_file", "must hold a token of printable characters on one line") }
        if !["http://", "https://"].contains(where: baseURL.asciiLowercased.hasPrefix) || !isPrintable(baseURL)
            || baseURL.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
            fail("base_url", "must be an http or https URL without a query")
        }
        let version = profile.apiVersion.utf8.dropFirst().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if profile.apiVersion.utf8.first != UInt8(ascii: "v") || version.count != 2
            || !version.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(\.isASCIIDigit) }) {
            fail("api_version", "must be a Graph API version such as v25.0")
        }
    }
}
