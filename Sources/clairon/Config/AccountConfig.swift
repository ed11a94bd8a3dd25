import Core
import FoundationEssentials

/// One entry of `accounts`: what every account takes, and the channel's own settings as strings and files.
struct AccountConfig: Sendable {
    let account: Account
    /// Overrides the provider's host: a simulator, a proxy, a gateway.
    var baseURL: String?
    /// A private certificate authority for that host.
    var caFile: String?
    var httpVersion: HTTPVersion?
    /// Messages per second; nil takes the channel's default.
    var ratePerSecond: Int?
    /// From a fifth of that rate to all of it after a pause; nil takes the channel's default.
    var ramp: Duration?
    /// Lets user-supplied endpoints of this account be private or loopback addresses.
    var allowPrivateEndpoints = false
    var settings: ChannelSettings

    enum HTTPVersion: String, Sendable, CaseIterable {
        case http1 = "1.1"
        case http2 = "2"
        /// HTTP/2 without TLS, known beforehand.
        case http2PriorKnowledge = "2-prior-knowledge"
    }

    static func isValid(name: String) -> Bool {
        (1...40).contains(name.utf8.count) && name.utf8.allSatisfy {
            $0.isASCIIDigit || ($0.isASCIILetter && $0.asciiLowercased == $0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
    }

    /// Nil when a problem was reported.
    init?(name: String, _ reader: ObjectReader, base: URL) {
        var reader = reader
        let known = reader.errors.list.count
        guard reader.has("channel") else {
            let _: Never? = reader.missing("channel")
            return nil
        }
        guard let channel: Channel = reader.choice("channel") else { return nil }
        account = Account(name: name, channel: channel)
        if let url = reader.string("base_url") {
            if url.hasPrefix("https://") || url.hasPrefix("http://") {
                baseURL = url.hasSuffix("/") ? String(url.dropLast()) : url
            } else {
                reader.fail("base_url", "invalid_value", "must be an http or https URL (got \(url))")
            }
        }
        caFile = reader.string("ca_file").map(base.resolve)
        httpVersion = reader.choice("http_version")
        if var rate = reader.reader("rate") {
            ratePerSecond = rate.int("per_second", in: 1...1_000_000).map(Int.init)
            rate.finish()
        }
        if let text = reader.value("ramp")?.string, Duration.isZero(iso8601: text) { ramp = .zero } else { ramp = reader.duration("ramp") }
        if let ramp, ramp > .zero, ratePerSecond == nil, channel == .apns || channel == .webpush {
            reader.fail("ramp", "invalid_value", "needs rate.per_second: \(channel.rawValue) has no default to ramp up to")
        }
        allowPrivateEndpoints = reader.bool("allow_private_endpoints") ?? false
        let settings = ChannelSettings(channel, &reader, base: base)
        reader.finish()
        guard let settings, reader.errors.list.count == known else { return nil }
        self.settings = settings
    }
}
