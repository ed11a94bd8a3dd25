internal import Core

/// How a person is named in `Address.messenger`: a page-scoped id, or a checkbox plugin's `user_ref` behind a prefix
/// that no page-scoped id can have.
enum MessengerID {
    static let userRefPrefix = "user_ref:"

    static func isPSID(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.allSatisfy(\.isASCIIDigit)
    }

    /// The `recipient` of a Send API request.
    static func recipient(_ identity: String) -> JSONValue {
        guard identity.hasPrefix(userRefPrefix) else { return ["id": .string(identity)] }
        return ["user_ref": .string(String(identity.dropFirst(userRefPrefix.count)))]
    }
}
