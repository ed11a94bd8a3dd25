package import Core

/// What APNs asks of registrations and of a campaign's options.
package struct APNsRules: ChannelRules {
    package let channel = Channel.apns

    package init() {}

    /// A device token in hexadecimal. Apple does not fix its length: 32 bytes today, 100 allowed for elsewhere.
    package func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard case .string(let token) = value else {
            errors.add(pointer, "wrong_type", "must be a string, not \(value.typeName)")
            return nil
        }
        guard APNsRules.isToken(token) else {
            errors.add(pointer, "invalid_value", "must be a device token: 16 to 512 hexadecimal digits, an even number")
            return nil
        }
        return .apns(token: token.asciiLowercased)
    }

    package func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {
        _ = APNsOptions(options, at: pointer, errors: errors)
    }

    /// Nothing else may become part of a request's path.
    static func isToken(_ token: String) -> Bool {
        var token = token
        return token.withUTF8 { bytes in
            (16...512).contains(bytes.count) && bytes.count % 2 == 0 && bytes.allSatisfy { $0.hexDigit != nil }
        }
    }
}
