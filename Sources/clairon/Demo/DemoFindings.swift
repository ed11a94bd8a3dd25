import Core

/// What came of holding the ledger, the report and the providers' receipts against each other.
struct DemoFindings: Sendable, Equatable {
    var people = 0
    var invited = 0
    var rows = 0
    /// Rows that say the provider has the message.
    var taken = 0
    /// Rows whose outcome is open, counted and listed by the server itself.
    var unknown = 0
    /// Messages that a provider took and answered.
    var receipts = 0
    /// Messages that a provider took before the connection was cut: what was sent again after it.
    var cuts = 0
    private(set) var differences: [String] = []

    var agrees: Bool { differences.isEmpty }

    mutating func differ(_ text: String) { differences.append(text) }

    /// Compares two numbers that must be the same.
    mutating func same(_ what: String, expected: Int, found: Int) {
        if expected != found { differ(DemoTexts.numbersDiffer(what, expected, found)) }
    }
}
