/// What a channel asks of the data that the API takes in. Stateless, the same for every account of the channel.
package protocol ChannelRules: Sendable {
    var channel: Channel { get }

    /// Reads and checks the `address` of a registration; nil when a problem was added at `pointer`.
    func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address?

    /// Checks `content.channels.<channel>` apart from its per-language texts: the channel's own options.
    func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors)
}
