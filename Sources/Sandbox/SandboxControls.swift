package import Core
import HTTPServer

extension Sandbox {
    /// The sandbox's own pages: what was received, addresses to send to, faults to show, words from people.
    func addControls(to router: inout Router) {
        router.on(.GET, "/sandbox/summary") { _ in .json(self.summary) }
        router.on(.GET, "/sandbox/receipts") { request in self.receipts(request) }
        router.on(.DELETE, "/sandbox/receipts") { _ in
            self.receipts.clear()
            return Response(status: 204)
        }
        router.on(.GET, "/sandbox/duplicates") { _ in
            let copies = self.receipts.duplicates().sorted { ($0.key.address, $0.key.key) < ($1.key.address, $1.key.key) }
            return .json(["data": .array(copies.map { copy in
                [
                    "channel": .string(copy.key.channel.rawValue), "address": .string(copy.key.address),
                    "key": .string(copy.key.key), "count": JSONValue(copy.value),
                ]
            })])
        }
        router.on(.GET, "/sandbox/addresses") { request in self.addresses(request) }
        router.on(.GET, "/sandbox/faults") { _ in
            .json(["latency_ms": .int(self.faults.latency.milliseconds), "data": .array(self.faults.all.map(\.json))])
        }
        router.on(.POST, "/sandbox/faults") { request in await self.addFaults(request) }
        router.on(.DELETE, "/sandbox/faults") { _ in
            self.faults.clear()
            return Response(status: 204)
        }
        router.on(.POST, "/sandbox/inbound") { request in await self.inbound(request) }
    }

    package var summary: JSONValue {
        var summary = receipts.summary.object ?? JSONObject()
        if let counters = sender?.counters {
            summary["callbacks"] = ["delivered": JSONValue(counters.delivered), "failed": JSONValue(counters.failed)]
        }
        return .object(summary)
    }

    private func receipts(_ request: Request) -> Response {
        let query = request.query
        var channel: Channel?
        if let name = query.first("channel") {
            guard let known = Channel(rawValue: name) else { return .problem("channel is not a known channel") }
            channel = known
        }
        let list: [Receipt]
        if let address = query.first("address") {
            list = (channel.map { [$0] } ?? Channel.allCases).flatMap { receipts.all($0, to: address) }
        } else {
            let after = query.first("after")?.decimal.flatMap { Int(exactly: $0) } ?? 0
            let limit = query.first("limit")?.decimal.flatMap { Int(exactly: $0) } ?? 1_000
            list = receipts.after(after, channel: channel, limit: min(limit, 10_000))
        }
        return .json(["data": .array(list.map(\.json))])
    }

    /// `?channel=&first=&count=`: addresses as a registration takes them.
    private func addresses(_ request: Request) -> Response {
        guard let channel = request.query.first("channel").flatMap(Channel.init),
            let first = (request.query.first("first") ?? "0").decimal, first < 10_000_000_000,
            let count = (request.query.first("count") ?? "1").decimal, count <= 10_000
        else { return .problem("channel, first and count (at most 10000) are needed") }
        let origin = ProviderRequest.origin(of: request, publicOrigin: settings.publicOrigin)
        var list: [JSONValue] = []
        for index in Int(first)..<Int(first + count) {
            guard let address = world.book.address(channel, index, origin: origin) else {
                return .problem("there are no addresses on this channel")
            }
            list.append(address)
        }
        return .json(["data": .array(list)])
    }

    private func addFaults(_ request: Request) async -> Response {
        guard let body = try? await request.body.collect(upTo: 1_048_576), let json = try? JSONValue(parsing: body) else {
            return .problem("the body must be JSON")
        }
        let errors = FieldErrors()
        var faults: [Fault] = []
        for (index, value) in (json.array ?? [json]).enumerated() {
            if let latency = value["latency_ms"]?.int, value.object?.members.count == 1 {
                self.faults.latency = .milliseconds(min(max(latency, 0), 600_000))
                continue
            }
            if let fault = Fault(value, at: json.array == nil ? "" : "/\(index)", errors: errors) { faults.append(fault) }
        }
        guard errors.isEmpty else {
            return .problem(errors.list.map { "\($0.pointer) \($0.detail)" }.joined(separator: "; "))
        }
        for fault in faults { self.faults.add(fault) }
        return Response(status: 204)
    }

    /// `{"address":"…","text":"STOP"}`: a person writes to the Messenger page.
    private func inbound(_ request: Request) async -> Response {
        guard let body = try? await request.body.collect(upTo: 65_536), let json = try? JSONValue(parsing: body),
            let address = json["address"]?.string, let text = json["text"]?.string
        else { return .problem("address and text are needed") }
        guard let callback = messenger.inbound(from: address, text: text, now: now) else {
            return .problem("no callback URL is set for the page")
        }
        call(callback)
        return Response(status: 202)
    }
}

extension AddressBook {
    /// An address as `POST /v1/subscriptions` takes it; nil on channels without a simulator.
    package func address(_ channel: Channel, _ index: Int, origin: String) -> JSONValue? {
        switch channel {
        case .apns: return .string(apnsToken(index))
        case .fcm: return .string(fcmToken(index))
        case .messenger: return .string(psid(index))
        case .sms: return .string(phone(index))
        case .webpush:
            let subscription = webPush(index, origin: origin)
            return [
                "endpoint": .string(subscription.endpoint),
                "keys": ["p256dh": .string(subscription.p256dh), "auth": .string(subscription.auth)],
            ]
        case .whatsapp, .line, .wechat, .inapp: return nil
        }
    }
}

extension Response {
    fileprivate static func json(_ value: JSONValue) -> Response { .bytes(value.bytes, type: "application/json") }

    fileprivate static func problem(_ detail: String) -> Response { .text(detail + "\n", status: 400) }
}
