import Core
import Foundation
import Linux
import Storage

/// Reads what a request or an import line says about a profile.
enum ProfileInput {
    static let maxAttributeBytes = 32_768

    /// Reads the fields of a profile; what is wrong goes into the reader's errors.
    ///
    /// - Parameter change: what unnamed fields become: `.replacement` clears them, `ProfileChange()` keeps them.
    static func read(_ reader: inout ObjectReader, into start: ProfileChange) -> ProfileChange {
        var change = start
        change.language = reader.change("language", from: start.language) { reader in
            reader.checked("language", "must be a BCP 47 language tag such as fr or pt-BR", LanguageTag.isValid)
        }
        change.timezone = reader.change("timezone", from: start.timezone) { reader in
            reader.checked("timezone", "must be an IANA time zone such as Europe/Paris", TimeZoneNames.contains)
        }
        change.country = reader.change("country", from: start.country) { reader in
            reader.checked("country", "must be an ISO 3166-1 alpha-2 code in capitals such as FR") { text in
                text.utf8.count == 2 && text.utf8.allSatisfy { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }
            }
        }
        change.tags = reader.change("tags", from: start.tags) { $0.strings("tags", maxCount: 200, maxBytes: 128) }
        change.location = reader.change("location", from: start.location) { reader in
            guard var place = reader.reader("location") else { return nil }
            defer { place.finish() }
            let latitude = place.number("lat", in: -90...90) ?? (place.has("lat") ? nil : place.missing("lat"))
            let longitude = place.number("lon", in: -180...180) ?? (place.has("lon") ? nil : place.missing("lon"))
            guard let latitude, let longitude else { return nil }
            return Profile.Location(latitude: latitude, longitude: longitude)
        }
        if let attributes = attributes(&reader) { change.attributes = attributes }
        return change
    }

    private static func attributes(_ reader: inout ObjectReader) -> JSONObject? {
        guard let value = reader.value("attributes"), value != .null else { return nil }
        guard case .object(let object) = value else {
            reader.fail("attributes", "wrong_type", "must be an object, not \(value.typeName)")
            return nil
        }
        for member in object.members where !(1...128).contains(member.name.utf8.count) || member.name.utf8.contains(where: { $0 < 0x20 }) {
            reader.fail("attributes", "invalid_value", "has a name that is empty, longer than 128 bytes or has control characters")
            return nil
        }
        guard value.bytes.count <= maxAttributeBytes else {
            reader.fail("attributes", "too_long", "must have at most \(maxAttributeBytes) bytes as compact JSON")
            return nil
        }
        return object
    }
}

extension ObjectReader {
    /// A field that null clears and absence leaves as `start` has it.
    mutating func change<Value: Sendable>(_ name: String, from start: FieldChange<Value>,
                                          _ read: (inout ObjectReader) -> Value?) -> FieldChange<Value> {
        guard let raw = value(name) else { return start }
        if raw == .null { return .clear }
        return read(&self).map(FieldChange.set) ?? start
    }

    /// A text that must pass a check.
    mutating func checked(_ name: String, _ rule: String, maxBytes: Int = 1_024, _ isValid: (String) -> Bool) -> String? {
        guard let text = string(name, maxBytes: maxBytes) else { return nil }
        guard isValid(text) else {
            fail(name, "invalid_value", rule)
            return nil
        }
        return text
    }

    /// The external id of a person, which must be there.
    mutating func externalID(_ name: String) -> String? {
        guard has(name) else { return missing(name) }
        return checked(name, ExternalID.rule, maxBytes: ExternalID.maxBytes, ExternalID.isValid)
    }
}

/// The time zones of this machine, each looked up once.
enum TimeZoneNames {
    private static let known = Lock<[String: Bool]>([:])

    static func contains(_ name: String) -> Bool {
        // Only names that could be one reach the file system.
        guard (1...64).contains(name.utf8.count), name.utf8.first != UInt8(ascii: "/"), !name.utf8.contains(UInt8(ascii: ".")),
            name.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || Array("/_-+".utf8).contains($0) })
        else { return false }
        if let answer = known.withLock({ $0[name] }) { return answer }
        let answer = TimeZone(identifier: name) != nil
        known.withLock { names in
            if names.count < 2_000 { names[name] = answer }
        }
        return answer
    }
}
