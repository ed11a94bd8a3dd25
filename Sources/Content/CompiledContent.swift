package import Core

/// A campaign's `content`: every text compiled once, ready to be rendered for any number of recipients on any thread.
package struct CompiledContent: Sendable {
    /// Reads and checks the object for the channels of the campaign; nil when a problem was added.
    package init?(_ json: JSONValue, channels: [Channel], rules: [Channel: any ChannelRules], at pointer: String = "",
                  errors: FieldErrors) {
        errors.add(pointer, "unsupported", "")
        return nil
    }

    /// The texts for one recipient. Pure.
    ///
    /// - Parameter languages: what the recipient speaks, most specific source first (subscription, profile).
    package func render(for channel: Channel, languages: [String], variables: Variables) -> Rendering {
        .skipped(.languageMissing, detail: "")
    }
}
