import Core
import Testing

@Suite struct AppVersionTests {
    @Test(arguments: [("5.9", "5.10"), ("5", "5.0.1"), ("1.2", "1.12-beta"), ("0", "0.1"), ("9", "10")])
    func `versions sort by their numbers`(lower: String, higher: String) throws {
        #expect(try #require(AppVersion.key(of: lower)) < #require(AppVersion.key(of: higher)))
    }

    @Test(arguments: [("5.2", "5.2.0"), ("5.2", "05.2"), ("5.2", "5.2-beta"), ("0", "0.0"), ("5", "5.")])
    func `zeros and suffixes make no difference`(one: String, other: String) {
        #expect(AppVersion.key(of: one) == AppVersion.key(of: other))
    }

    @Test(arguments: ["", "v5", ".5", "12345678901"])
    func `what is no version has no key`(text: String) {
        #expect(AppVersion.key(of: text) == nil)
    }
}
