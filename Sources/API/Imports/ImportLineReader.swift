import Core
import Storage

/// Reads the lines of one import and stores them.
struct ImportLineReader: Sendable {
    let kind: ImportJob.Kind
    let createsProfiles: Bool
    let context: APIContext

    /// A line of NDJSON.
    func read(_ bytes: [UInt8]) -> ImportItem.Content {
        do {
            return read(try JSONValue(parsing: bytes))
        } catch {
            return .refused([FieldError(pointer: "", code: "invalid_json", detail: error.description)])
        }
    }

    func read(_ value: JSONValue) -> ImportItem.Content {
        do {
            return try JSONBody.read(value) { reader in
                switch kind {
                case .profiles:
                    let externalID = reader.externalID("external_id")
                    let change = ProfileInput.read(&reader, into: ProfileChange())
                    return externalID.map { .profile($0, change) }
                case .subscriptions: return try RegistrationInput.read(&reader, context).map { .subscription(try PlannedRegistration($0.registration, for: context.store)) }
                case .events: return EventInput.read(&reader, now: context.store.now).map { .event($0.event) }
                }
            }
        } catch let input as InvalidInput {
            return .refused(input.errors)
        } catch {
            return .refused([FieldError(pointer: "", code: "invalid_value", detail: "cannot be read")])
        }
    }

    /// - Returns: what is wrong with the line; nothing when it is in.
    /// - Throws: what concerns the whole slice.
    func store(_ item: ImportItem, in transaction: StoreTransaction) throws -> [FieldError] {
        switch item.content {
        case .refused(let errors): return errors
        case .profile(let externalID, let change): _ = try transaction.write(profile: externalID, change)
        case .subscription(let plan):
            do { _ = try transaction.register(plan, isList: true) } catch let input as InvalidInput { return input.errors }
        case .event(let event):
            if case .unknownProfile = try transaction.add(event: event, createsProfiles: createsProfiles) {
                return [FieldError(pointer: "/profile", code: "unknown_profile", detail: "is not a known profile: create it first, or import with create_profiles=true")]
            }
        }
        return []
    }
}
