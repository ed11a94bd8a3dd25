import Core
import Curl

// Between the adapters' words and libcurl's: the only place that knows both.

extension TransferRequest {
    init(_ request: OutboundRequest, mayRepeat: Bool) {
        let method: Method = switch request.method {
        case .GET: .get
        case .POST: .post
        }
        self.init(method, request.url, headers: request.headers, body: request.body, mayRepeat: mayRepeat)
    }
}

extension ProviderReply {
    init(_ reply: Reply) {
        let headers = reply.headers
        self.init(status: reply.status, body: reply.body) { headers[$0] }
    }
}

extension Outcome {
    /// A transfer that ended without an answer.
    init(_ failure: TransferFailure) {
        self = switch failure.disposition {
        case .notSent: .notSent(detail: failure.label)
        case .ambiguous: .ambiguous(detail: failure.label)
        }
    }
}
