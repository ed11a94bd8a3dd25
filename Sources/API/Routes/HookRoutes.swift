import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// Where providers call: `/hooks/{account}`. The account's receiver decides who may, by signature or secret.
    package static func hooks(_ desk: CallbackDesk) -> RouteGroup {
        let handler: Endpoint.Handler = { call in
            let request = call.request
            let callback = Callback(
                // HEAD is a GET whose answer keeps its body.
                method: request.method == .POST ? "POST" : "GET", url: desk.url(of: request.target), query: request.query,
                headers: request.headers.pairs.map { (name: $0.name.asciiLowercased, value: $0.value) },
                body: try await request.body.collect(upTo: CallbackDesk.maxBodyBytes))
            guard let result = try await desk.take(account: call.parameter("account"), callback, fence: call.context.fence) else {
                throw Problem(.notFound, "No account of that name takes callbacks.")
            }
            // RFC 9110 section 15.5.6: a receiver that takes no POST takes GET.
            let allowed = result.status == 405 ? [("allow", "GET, HEAD, OPTIONS")] : []
            return Answer(result.status, .bytes(result.body, type: result.contentType), headers: allowed)
        }
        return RouteGroup("hooks", [
            Endpoint(.GET, "/hooks/{account}", .open, "A provider's verification or callback. What it says is durable before it is answered.",
                     results: [(200, .type("*/*")), (400, .type("*/*")), (401, .type("*/*")), (403, .type("*/*"))], maxBodyBytes: CallbackDesk.maxBodyBytes, handler: handler),
            Endpoint(.POST, "/hooks/{account}", .open,
                     "A provider's callback, verified as that provider signs. What it says is durable before it is answered; a repeat changes nothing. 405 where that provider calls with GET.",
                     results: [(200, .type("*/*")), (400, .type("*/*")), (401, .type("*/*")), (403, .type("*/*")), (405, .type("*/*"))], maxBodyBytes: CallbackDesk.maxBodyBytes, handler: handler),
        ])
    }
}
