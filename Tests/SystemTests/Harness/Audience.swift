import Core

/// People with one address on each of some channels, imported as a shop's systems would.
enum Audience {
    /// - Parameter counts: how many of the people have an address on the account's channel: the first so many.
    static func load(_ counts: [(account: String, channel: Channel, count: Int)], from sandbox: SandboxProcess, into api: API) throws {
        let people = counts.map(\.count).max() ?? 0
        try api.importLines("profiles", (0..<people).map { number in
            ["external_id": .string("person-\(number)"), "language": "fr", "tags": ["invited"],
             "attributes": ["first_name": .string("Zoé \(number)")]]
        })
        for (account, channel, count) in counts {
            let addresses = try sandbox.addresses(channel, count: count)
            try api.importLines("subscriptions", addresses.enumerated().map { number, address in
                ["profile": .string("person-\(number)"), "channel": .string(channel.rawValue), "account": .string(account),
                 "address": address, "opt_in": true, "consent": ["source": "form"]]
            })
            if channel == .messenger { try sandbox.openWindows(addresses.compactMap(\.string)) }
        }
    }

    /// A campaign to everybody in it.
    static func campaign(_ channels: [Channel]) -> JSONValue {
        [
            "name": "Ventes privées", "audience": ["tag": "invited"], "channels": .array(channels.map { .string($0.rawValue) }),
            "content": ["default_language": "fr", "fr": ["title": "Bonjour {{ profile.first_name }}", "body": "C'est parti. STOP au 36111"]],
        ]
    }
}
