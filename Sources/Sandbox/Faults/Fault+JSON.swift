package import Core

extension Fault {
    private enum Name: String, CaseIterable {
        case gone, throttled, internalError = "internal_error", unavailable, answer, stall
        case cutBeforeReading = "cut_before_reading", cutAfterReading = "cut_after_reading", undelivered
    }

    /// Reads `{"kind":"throttled","retry_after":3,"channel":"fcm","address":"…","share":0.1,"times":5}`; `answer` takes the
    /// error's `name`, `stall` its `seconds`.
    package init?(_ value: JSONValue, at pointer: String, errors: FieldErrors) {
        guard var reader = ObjectReader(value, at: pointer, errors: errors) else { return nil }
        let name = reader.choice("kind", of: Name.self)
        if !reader.has("kind") { reader.fail("kind", "missing", "is required") }
        let retryAfter = reader.int("retry_after", in: 0...86_400).map { Int($0) }
        let answer = reader.string("name")
        let seconds = reader.number("seconds", in: 0...3_600)
        let channel = reader.choice("channel", of: Channel.self)
        let address = reader.string("address", maxBytes: 4_096)
        let share = reader.number("share", in: 0...1)
        let times = reader.int("times", in: 1...1_000_000_000).map { Int($0) }
        reader.finish()
        let kind: Kind
        switch name {
        case .gone: kind = .refuse(.gone)
        case .throttled: kind = .refuse(.throttled(retryAfterSeconds: retryAfter))
        case .internalError: kind = .refuse(.internalError)
        case .unavailable: kind = .refuse(.unavailable(retryAfterSeconds: retryAfter))
        case .answer:
            guard let answer else {
                reader.fail("name", "missing", "is required: the provider's own name of the error")
                return nil
            }
            kind = .refuse(.named(answer))
        case .stall: kind = .stall(seconds: seconds ?? 30)
        case .cutBeforeReading: kind = .cutBeforeReading
        case .cutAfterReading: kind = .cutAfterReading
        case .undelivered: kind = .undelivered
        case nil: return nil
        }
        guard errors.isEmpty else { return nil }
        self.init(kind, channel: channel, address: address, share: share ?? 1, times: times)
    }

    package var json: JSONValue {
        var out = JSONObject()
        switch kind {
        case .refuse(.gone): out["kind"] = "gone"
        case .refuse(.throttled(let seconds)):
            out["kind"] = "throttled"
            out["retry_after"] = seconds.map { JSONValue($0) }
        case .refuse(.internalError): out["kind"] = "internal_error"
        case .refuse(.unavailable(let seconds)):
            out["kind"] = "unavailable"
            out["retry_after"] = seconds.map { JSONValue($0) }
        case .refuse(.named(let name)):
            out["kind"] = "answer"
            out["name"] = .string(name)
        case .stall(let seconds):
            out["kind"] = "stall"
            out["seconds"] = .double(seconds)
        case .cutBeforeReading: out["kind"] = "cut_before_reading"
        case .cutAfterReading: out["kind"] = "cut_after_reading"
        case .undelivered: out["kind"] = "undelivered"
        }
        out["channel"] = channel.map { .string($0.rawValue) }
        out["address"] = address.map { .string($0) }
        if share < 1 { out["share"] = .double(share) }
        out["times"] = times.map { JSONValue($0) }
        return .object(out)
    }
}
