import Core
import Storage

/// Reads a registration of an address, from a request or an import line.
enum RegistrationInput {
    /// - Returns: the registration and the identity proof that came with it; nil when a problem was added.
    static func read(_ reader: inout ObjectReader, _ context: APIContext) -> (registration: Registration, proof: String?)? {
        let profile = reader.externalID("profile")
        let channel = reader.choice("channel", of: Channel.self, among: context.channels) ?? (reader.has("channel") ? nil : reader.missing("channel"))
        let account = account(&reader, channel, context)
        let address = address(&reader, channel, account, context)
        let optIn = reader.bool("opt_in")
        let consent = ConsentInput.read(&reader, "consent", now: context.store.now)
        if consent != nil, !reader.has("opt_in") { reader.fail("opt_in", "missing", "is required beside consent") }
        let language = reader.change("language", from: .keep) { reader in
            reader.checked("language", "must be a BCP 47 language tag such as fr or pt-BR", LanguageTag.isValid)
        }
        let appVersion = reader.change("app_version", from: .keep) { $0.string("app_version", maxBytes: 64) }
        let os = reader.change("os", from: .keep) { $0.string("os", maxBytes: 128) }
        let proof = reader.string("identity_proof", maxBytes: 128)
        guard let profile, let account, let address else { return nil }
        var registration = Registration(profile: profile, account: account, address: address, optIn: optIn, proof: consent)
        registration.language = language
        registration.appVersion = appVersion
        registration.os = os
        return (registration, proof)
    }

    private static func account(_ reader: inout ObjectReader, _ channel: Channel?, _ context: APIContext) -> String? {
        guard let name = reader.requiredString("account", maxBytes: 128), let channel else { return nil }
        guard let account = context.store.account(named: name) else {
            let names = context.store.accounts.values.filter { $0.channel == channel }.map(\.name).sorted()
            let hint = names.isEmpty ? "no \(channel.rawValue) account is configured" : "configured \(channel.rawValue) accounts are \(names.joined(separator: ", "))"
            reader.fail("account", "unknown_account", "is not a configured account; \(hint)\(Suggestion.text(for: name, among: names))")
            return nil
        }
        guard account.channel == channel else {
            reader.fail("account", "unknown_account", "is an account of \(account.channel.rawValue), not of \(channel.rawValue)")
            return nil
        }
        return name
    }

    private static func address(_ reader: inout ObjectReader, _ channel: Channel?, _ account: String?, _ context: APIContext) -> Address? {
        guard let value = reader.value("address") else { return reader.missing("address") }
        guard let channel, let rules = context.channelRules[channel] else { return nil }
        guard let address = rules.address(from: value, at: reader.pointer(to: "address"), errors: reader.errors) else { return nil }
        if case .webpush(let endpoint, _, _) = address, let account,
            let refusal = EndpointPolicy.refusal(of: endpoint, allowsPrivate: context.privateEndpointAccounts.contains(account)) {
            reader.errors.add(JSONPointer.join(reader.pointer(to: "address"), "endpoint"), "invalid_value", refusal)
            return nil
        }
        return address
    }
}

/// Reads how a person agreed or refused.
enum ConsentInput {
    static func read(_ reader: inout ObjectReader, _ name: String, now: Timestamp) -> ConsentProof? {
        guard let value = reader.value(name), value != .null, var consent = reader.reader(name) else { return nil }
        defer { consent.finish() }
        let source = consent.requiredString("source", maxBytes: 128)
        return fields(&consent, source: source, now: now)
    }

    /// The fields beside `source`: read even when that was refused, so that none of them counts as unknown.
    static func fields(_ reader: inout ObjectReader, source: String?, now: Timestamp) -> ConsentProof? {
        let text = reader.string("text", maxBytes: 4_096)
        let at = reader.pastTime("at", now: now)
        let topics = reader.strings("topics", maxCount: 100, maxBytes: 128)
        let evidence = reader.value("evidence")
        if let evidence, evidence.object == nil { reader.fail("evidence", "wrong_type", "must be an object, not \(evidence.typeName)") }
        if let evidence, evidence.bytes.count > 8_192 { reader.fail("evidence", "too_long", "must have at most 8192 bytes as compact JSON") }
        return source.map { ConsentProof(source: $0, text: text, at: at, topics: topics, evidence: evidence?.object) }
    }
}
