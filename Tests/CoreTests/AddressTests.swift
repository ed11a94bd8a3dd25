import Core
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("fr", true), ("fr-CA", true), ("zh-Hant-TW", true), ("fil", true), ("es-419", true), ("de-CH-1996", true), ("sl-rozaj-biske-1994", true), ("FR", true),
        ("", false), ("f", false), ("fran", false), ("fr-", false), ("-fr", false), ("fr--CA", false), ("fr_CA", false), ("f1", false), ("fr-abcdefghi", false),
        ("fr-é", false), ("fr ", false), ("en-a-bbbbbbbb-cccccccc-dddddddd-eeee", false),
    ]) func `knows language tags`(tag: String, isValid: Bool) {
        #expect(LanguageTag.isValid(tag) == isValid)
    }

    @Test(arguments: [
        ("zh-Hant-TW", ["zh-hant-tw", "zh-hant", "zh"]), ("FR", ["fr"]), ("", [""]), ("-", ["-", ""]), ("a--b", ["a--b", "a-", "a"]),
        ("\u{212A}o", ["\u{212A}o"]),
    ]) func `falls back to shorter tags`(tag: String, chain: [String]) {
        #expect(LanguageTag.fallbacks(of: tag) == chain)
    }

    @Test(arguments: [
        ("+33612345678", true), ("+1234567", true), ("+123456789012345", true), ("33612345678", false), ("+033612345678", false), ("+123456", false),
        ("+1234567890123456", false), ("+33 612345678", false), ("+3361234567x", false), ("", false), ("+", false), ("+３３612345678", false), ("++3361234567", false),
    ]) func `knows phone numbers`(text: String, isValid: Bool) {
        #expect((PhoneNumber(e164: text) != nil) == isValid)
    }

    @Test func `an address survives its row`() {
        let addresses: [Address] = [.apns(token: "ab"), .fcm(token: "x"), .messenger(psid: "1"), .webpush(endpoint: "https://e", p256dh: "p\"", auth: "a")]
            + [PhoneNumber(e164: "+33612345678").map(Address.sms)].compactMap(\.self)
        for address in addresses {
            #expect(Address(channel: address.channel, identity: address.identity, keys: address.keys) == address)
            #expect(!address.redacted.contains(address.identity) || address.identity.count <= 4)
        }
        #expect(Address(channel: .webpush, identity: "https://e", keys: "{") == nil)
        #expect(Address(channel: .sms, identity: "0612", keys: nil) == nil)
    }

    /// In order, equal versions side by side.
    static let versions: [[String]] = [
        ["0", "0.0", "v0.0.0"], ["0.0.1"], ["0.9"], ["1-alpha", "1.0.0-alpha"], ["1.0-alpha.1"], ["1.0-alpha.beta"], ["1.0-beta"], ["1.0-beta.2", "1.0-BETA.2"], ["1.0-beta.11"],
        ["1.0-rc.1"], ["1", "1.0", "1.0.0", "01.0", "1.0+build.5", "1.0 (1234)", "V1"], ["1.0.1"], ["1.2"], ["1.10", "1.10.0.0"], ["1.10.1"], ["2"], ["9.9"], ["10"],
        ["2024.1"], ["99999999999999999999"],
    ]

    @Test func `app versions sort by their numbers`() throws {
        let keys = try AddressTests.versions.map { try $0.map { try #require(AppVersion($0), "\($0)").sortKey } }
        for (index, same) in keys.enumerated() {
            #expect(Set(same).count == 1, "\(AddressTests.versions[index])")
            if index > 0 {
                #expect(keys[index - 1][0].utf8.lexicographicallyPrecedes(same[0].utf8), "\(AddressTests.versions[index - 1]) < \(AddressTests.versions[index])")
            }
            #expect(same[0].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        }
    }

    @Test(arguments: ["", "v", "x", "1.", ".1", "1..2", "1.x", "1-", "1-a..b", "1 ", "1 (", "1 ()", "1 (2", "1+", "-1", "1.2.3.4.5.6.7.8.9", "123456789012345678901", "１",
                      "1-é", String(repeating: "1", count: 65)])
    func `refuses what is no version`(text: String) {
        #expect(AppVersion(text) == nil)
    }
}
