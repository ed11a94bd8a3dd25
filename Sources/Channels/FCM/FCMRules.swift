package import Core

/// What FCM asks of registrations and of a campaign's options.
package struct FCMRules: ChannelRules {
    package let channel = Channel.fcm

    package init() {}

    /// A registration token as the SDK gave it. Its form is Google's secret: printable ASCII, well under 4 KB.
    package func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard case .string(let token) = value else {
            errors.add(pointer, "wrong_type", "must be a string, not \(value.typeName)")
            return nil
        }
        guard (1...4_096).contains(token.utf8.count), token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            errors.add(pointer, "invalid_value", "must be a registration token: 1 to 4096 printable ASCII characters")
            return nil
        }
        return .fcm(token: token)
    }

    package func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {
        _ = FCMOptions(options, at: pointer, errors: errors)
    }
}
