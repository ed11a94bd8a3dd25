import Core
package import HTTPServer
import Storage

/// The contract as a whole: every route group, the router made from them, and the document that describes them.
package struct API: Sendable {
    package let endpoints: [Endpoint]
    /// OpenAPI 3.1, as `/v1/openapi.json` serves it.
    package let document: [UInt8]
    package let router: Router

    /// - Parameter groups: what others add to the resources of the audience.
    package init(_ context: APIContext, adding groups: [RouteGroup] = []) {
        let own: [RouteGroup] = [.profiles, .subscriptions, .events, .imports, .segments, .keys, .audit, .accounts, .health, .document]
        let all = own + groups
        let document = OpenAPIDocument(all).json.bytes
        let endpoints = all.flatMap(\.endpoints)
        var router = Router(problem: Problem.ofServer)
        for endpoint in endpoints {
            if let fixed = endpoint.fixed {
                router.on(endpoint.method, endpoint.template, always: fixed.response())
                continue
            }
            router.on(endpoint.method, endpoint.template, maxBodyBytes: endpoint.bodyLimit(context)) { request in
                await API.answer(request, by: endpoint, context, document)
            }
        }
        self.endpoints = endpoints
        self.document = document
        self.router = router
    }

    private static func answer(_ request: Request, by endpoint: Endpoint, _ context: APIContext, _ document: [UInt8]) async -> Response {
        let grant: Grant?
        do { grant = try await context.keys.authorize(request, endpoint.access, now: context.store.now) } catch { return refusal(error, request) }
        var response: Response
        do {
            try grant?.check(endpoint.access)
            let call = APICall(context: context, request: request, endpoint: endpoint, key: grant?.key, document: document)
            // What a provider adds to the URL of its callback, or a supervisor to a check, is theirs.
            if endpoint.template.hasPrefix("/v1/") {
                _ = try call.query()
                try call.refuseForeignPreconditions()
                // Nothing has happened when a body that nobody wants breaks off.
                if endpoint.body == nil, endpoint.method != .GET { _ = try await call.bytes() }
            }
            response = try await endpoint.handler(call).response()
        } catch {
            response = refusal(error, request)
        }
        grant?.mark(&response)
        return response
    }

    private static func refusal(_ error: any Error, _ request: Request) -> Response {
        let problem = Problem(error)
        // The cause is for the operator: the sender gets the request id that leads to it.
        if problem.code == .internalError { OperatorLog.write("api_error", level: "error", [("request", "\(request.id)"), ("error", "\(error)")]) }
        return problem.response(to: request)
    }
}
