import Core
package import HTTPServer

extension Sandbox {
    /// Where each provider listens, and the sandbox's own pages.
    package func router() -> Router {
        // A path that no provider has is answered by the provider whose path it nearly is.
        var router = Router { status, code, detail, request in
            guard let request, status == 404 || status == 405, let simulator = self.simulator(nearest: request.segments) else {
                return Router.plainProblem(status, code, detail, request)
            }
            let seen = ProviderRequest(request, body: [], publicOrigin: self.settings.publicOrigin)
            return Response(simulator.judge(seen, now: self.now).answer)
        }
        mount(apns, on: ["/3/device", "/3/device/", "/3/device/{token}"], in: &router)
        mount(fcm, on: ["/token", "/v1/projects/{project}/messages:send"], in: &router)
        mount(webPush, on: ["/wpush/{id}"], in: &router)
        mount(messenger, on: ["/{version}/{page_id}/messages"], in: &router)
        mount(kannel, on: ["/cgi-bin/sendsms"], in: &router)
        mount(twilio, on: ["/2010-04-01/Accounts/{sid}/Messages.json"], in: &router)
        addControls(to: &router)
        return router
    }

    /// Every method: a wrong one gets the provider's own answer.
    private func mount(_ simulator: any Simulator, on templates: [String], in router: inout Router) {
        for template in templates {
            for method in [Method.GET, .POST, .PUT, .PATCH, .DELETE] {
                router.on(method, template, maxBodyBytes: Sandbox.maxBodyBytes) { await self.answer($0, by: simulator) }
            }
        }
    }

    private func simulator(nearest segments: [String]) -> (any Simulator)? {
        switch segments.first {
        case "3": apns
        case "v1", "token": fcm
        case "wpush": webPush
        case "cgi-bin": kannel
        case "2010-04-01": twilio
        case let first? where first.hasPrefix("v"): messenger
        default: nil
        }
    }
}

extension ProviderRequest {
    /// - Parameter publicOrigin: what senders call the sandbox; nil to believe `Host`.
    init(_ request: Request, body: [UInt8], publicOrigin: String?) {
        self.init(
            request.method.name, request.segments, query: request.query,
            headers: request.headers.pairs.map { ($0.name.asciiLowercased, $0.value) }, body: body,
            origin: ProviderRequest.origin(of: request, publicOrigin: publicOrigin))
    }

    static func origin(of request: Request, publicOrigin: String?) -> String {
        publicOrigin ?? "http://" + (request.headers["host"]?.asciiLowercased ?? "")
    }
}

extension Response {
    init(_ answer: ProviderAnswer) {
        self.init(
            status: answer.status, headers: answer.headers.map { ($0.name.asciiLowercased, $0.value) },
            body: answer.body.isEmpty ? .empty : .bytes(answer.body))
    }
}
