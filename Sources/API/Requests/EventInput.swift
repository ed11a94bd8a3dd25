import Core
import Storage

/// Reads one event, from a request or an import line.
enum EventInput {
    /// - Returns: the event and the identity proof that came with it; nil when a problem was added.
    static func read(_ reader: inout ObjectReader, now: Timestamp) -> (event: NewEvent, proof: String?)? {
        let id = reader.requiredString("id", maxBytes: 256)
        let profile = reader.externalID("profile")
        let name = reader.requiredString("name", maxBytes: 128)
        let at = reader.pastTime("at", now: now)
        let properties = reader.value("properties")
        if let properties, properties.object == nil { reader.fail("properties", "wrong_type", "must be an object, not \(properties.typeName)") }
        if let properties, properties.bytes.count > 16_384 { reader.fail("properties", "too_long", "must have at most 16384 bytes as compact JSON") }
        let proof = reader.string("identity_proof", maxBytes: 128)
        guard let id, let profile, let name else { return nil }
        return (NewEvent(id: id, profile: profile, name: name, at: at, properties: properties?.object ?? JSONObject()), proof)
    }
}

extension ObjectReader {
    /// When something happened, by the sender's clock: those of phones run ahead.
    mutating func pastTime(_ name: String, now: Timestamp) -> Timestamp? {
        guard let time = timestamp(name) else { return nil }
        guard time <= now + .seconds(86_400) else {
            fail(name, "out_of_range", "must not lie more than a day ahead of now")
            return nil
        }
        return time
    }
}
