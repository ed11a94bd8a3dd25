package import Core

/// What the SMS channel asks of addresses and content options.
package struct SMSRules: ChannelRules {
    package init() {}

    package var channel: Channel { .sms }

    package func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard let text = value.string else {
            errors.add(pointer, "wrong_type", "must be a phone number as a string, not \(value.typeName)")
            return nil
        }
        guard let number = PhoneNumber(e164: text) else {
            let hint = text.utf8.first == UInt8(ascii: "+") ? "" : "; the country code is missing"
            errors.add(pointer, "invalid_value",
                       "must be an E.164 phone number such as +33612345678: '+', country code, digits only\(hint)")
            return nil
        }
        return .sms(number)
    }

    package func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {
        var reader = ObjectReader(options, at: pointer, errors: errors)
        _ = reader.choice("encoding_policy", of: SMSEncodingPolicy.self)
        _ = reader.int("max_segments", in: 1...255)
        _ = reader.bool("append_url")
        reader.finish()
    }
}
