import Core

/// Reads a campaign's `content` and merges each language with what each channel puts in its place.
struct ContentParser {
    static let maxLanguages = 64

    let pointer: String
    let errors: FieldErrors
    let channels: [Channel]
    let rules: [Channel: any ChannelRules]

    /// The texts of one language and where they stand.
    private struct Entry {
        let language: String
        let texts: Texts
        let pointer: String
    }

    /// By language in lower case.
    private var base: [String: Entry] = [:]
    private var overrides: [Channel: [String: Entry]] = [:]
    private var options: [Channel: JSONObject] = [:]

    init(pointer: String, errors: FieldErrors, channels: [Channel], rules: [Channel: any ChannelRules]) {
        self.pointer = pointer
        self.errors = errors
        self.channels = channels
        self.rules = rules
    }

    mutating func content(_ json: JSONValue) -> CompiledContent? {
        guard var reader = ObjectReader(json, at: pointer, errors: errors), case .object(let object) = json else { return nil }
        let name = reader.requiredString("default_language", maxBytes: 35)
        if let name, !LanguageTag.isValid(name) {
            reader.fail("default_language", "invalid_value", "must be a BCP 47 language such as fr or fr-CA")
        }
        _ = reader.value("channels")
        for member in object.members where member.name != "default_language" && member.name != "channels" {
            guard LanguageTag.isValid(member.name) else { continue }
            guard let value = reader.value(member.name) else { continue }
            add(value, member.name, at: reader.pointer(to: member.name), to: &base)
        }
        reader.finish()
        if base.count > ContentParser.maxLanguages {
            errors.add(pointer, "too_many", "must hold at most \(ContentParser.maxLanguages) languages")
        }
        let known = Set(base.keys).union(name.map { [$0.asciiLowercased] } ?? [])
        if let value = object["channels"] { readChannels(value, at: reader.pointer(to: "channels"), languages: known) }
        guard let name, errors.isEmpty else { return nil }
        return merged(defaultLanguage: name)
    }

    private func add(_ value: JSONValue, _ language: String, at pointer: String, to entries: inout [String: Entry]) {
        let key = language.asciiLowercased
        if let other = entries[key] {
            errors.add(pointer, "duplicate", "is the same language as \"\(other.language)\"")
        }
        guard let texts = Texts(value, at: pointer, errors: errors) else { return }
        entries[key] = Entry(language: language, texts: texts, pointer: pointer)
    }

    // MARK: channels

    private mutating func readChannels(_ json: JSONValue, at pointer: String, languages: Set<String>) {
        guard let reader = ObjectReader(json, at: pointer, errors: errors), case .object(let object) = json else { return }
        for member in object.members {
            guard let channel = Channel(rawValue: member.name) else {
                reader.fail(member.name, "unknown_field", "is not a channel"
                    + Suggestion.text(for: member.name, among: Channel.allCases.map(\.rawValue)))
                continue
            }
            readChannel(channel, member.value, at: reader.pointer(to: member.name), languages: languages)
        }
    }

    /// Options and per-language texts stand side by side. A member is a language's when it is an object and its name is a language
    /// of this content or any of two letters: options of channels are longer (`ttl`, `tag`) or no objects.
    private mutating func readChannel(_ channel: Channel, _ json: JSONValue, at pointer: String, languages: Set<String>) {
        guard let reader = ObjectReader(json, at: pointer, errors: errors), case .object(let object) = json else { return }
        var channelOptions = JSONObject()
        var entries: [String: Entry] = [:]
        for member in object.members {
            let subtags = member.name.split(separator: "-")
            if LanguageTag.isValid(member.name), case .object = member.value,
                languages.contains(member.name.asciiLowercased) || subtags.first?.utf8.count == 2 {
                add(member.value, member.name, at: reader.pointer(to: member.name), to: &entries)
            } else {
                channelOptions[member.name] = member.value
            }
        }
        overrides[channel] = entries
        options[channel] = channelOptions
        if let rules = rules[channel] {
            rules.checkOptions(channelOptions, at: pointer, errors: errors)
        } else {
            for member in channelOptions.members {
                reader.fail(member.name, "unknown_field", "is not a language of this content, and \(channel.rawValue) has no options here")
            }
        }
    }

    // MARK: merging

    private func merged(defaultLanguage: String) -> CompiledContent? {
        var versions: [Channel: [String: CompiledContent.Version]] = [:]
        for channel in channels {
            let overrides = overrides[channel] ?? [:]
            var table: [String: CompiledContent.Version] = [:]
            for key in Set(base.keys).union(overrides.keys) {
                guard let entry = overrides[key] ?? base[key] else { continue }
                let texts = overrides[key].map { override in base[key].map { $0.texts.overlaid(by: override.texts) } ?? override.texts }
                    ?? entry.texts
                if texts.body != nil { table[key] = CompiledContent.Version(language: base[key]?.language ?? entry.language, texts: texts) }
            }
            if table.isEmpty {
                errors.add(JSONPointer.join(JSONPointer.join(pointer, defaultLanguage), "body"), "no_text",
                           "is required: \(channel.rawValue) has no text in any language")
            }
            versions[channel] = table
        }
        checkUse(of: versions)
        let key = defaultLanguage.asciiLowercased
        if base[key] == nil, !overrides.values.contains(where: { $0[key] != nil }) {
            errors.add(JSONPointer.join(pointer, "default_language"), "invalid_value", "must be a language of this content"
                + Suggestion.text(for: defaultLanguage, among: base.values.map(\.language)))
        }
        guard errors.isEmpty else { return nil }
        return CompiledContent(versions: versions, options: options, defaultLanguage: key)
    }

    /// Texts that no channel of the campaign can send are a mistake of whoever wrote them.
    private func checkUse(of versions: [Channel: [String: CompiledContent.Version]]) {
        for (key, entry) in base.sorted(by: { $0.key < $1.key }) where !versions.isEmpty {
            if versions.values.allSatisfy({ $0[key] == nil }), !versions.values.contains(where: \.isEmpty) {
                errors.add(entry.pointer + "/body", "no_text", "is required: without it this language is never sent")
            }
        }
        for channel in channels {
            for (key, entry) in (overrides[channel] ?? [:]).sorted(by: { $0.key < $1.key }) where versions[channel]?[key] == nil {
                if versions[channel]?.isEmpty == false {
                    errors.add(entry.pointer + "/body", "no_text", "is required: \(entry.language) has no body for \(channel.rawValue)")
                }
            }
        }
    }
}
