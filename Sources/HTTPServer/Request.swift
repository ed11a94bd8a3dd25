import HTTPWire

/// One request: its head checked, its target decoded, its body still arriving.
package struct Request: Sendable {
    /// Shared by all copies; immutable.
    private let parts: Parts
    /// Values of the template's `{names}`, percent-decoded; filled by the router.
    package var parameters: [String: String] = [:]

    private final class Parts: Sendable {
        let head: RequestHead
        let body: RequestBody
        let peer: String
        let prefix: String
        let serial: UInt64

        init(head: RequestHead, body: RequestBody, peer: String, prefix: String, serial: UInt64) {
            self.head = head
            self.body = body
            self.peer = peer
            self.prefix = prefix
            self.serial = serial
        }
    }

    init(head: RequestHead, body: RequestBody, peer: String, idPrefix: String, serial: UInt64) {
        parts = Parts(head: head, body: body, peer: peer, prefix: idPrefix, serial: serial)
    }

    /// A request that came over no wire, for calling a router directly.
    ///
    /// - Returns: nil if the server would refuse that head.
    package init?(
        _ method: Method, _ target: String, headers: [(String, String)] = [], body: [UInt8] = [],
        peer: String = "127.0.0.1"
    ) {
        var text = "\(method.name) \(target) HTTP/1.1\r\n"
        if !headers.contains(where: { $0.0 == "host" }) { text += "host: localhost\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        var parser = HeadParser()
        guard case .head(let head, _) = parser.parse(Array((text + "\r\n").utf8).span) else { return nil }
        self.init(head: head, body: RequestBody(body), peer: peer, idPrefix: "direct-", serial: 0)
    }

    var head: RequestHead { parts.head }
    package var method: Method { Method(parts.head.method) }
    /// As received.
    package var target: String { parts.head.text(parts.head.targetRange) }
    /// Percent-decoded and valid UTF-8 without NUL. An escaped slash is a slash here: route by `segments`.
    package var path: String { parts.head.path }
    /// The path's segments, each percent-decoded.
    package var segments: [String] { parts.head.target.segments }
    /// In order, duplicates kept, percent-decoded, "+" read as a space.
    package var query: [(name: String, value: String)] { parts.head.query }
    package var headers: Headers { Headers(parts.head) }
    /// IP address of the other end.
    package var peer: String { parts.peer }
    package var body: RequestBody { parts.body }
    /// Unique among the requests of all processes on all machines, for logs and the `Request-Id` field.
    package var id: String { parts.prefix + String(parts.serial, radix: 36) }
}
