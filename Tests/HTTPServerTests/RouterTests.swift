import HTTPServer
import Testing

@Suite struct RouterTests {
    private static func router() -> Router {
        var router = Router { status, code, _, request in .text("\(code) \(request?.path ?? "-")", status: status) }
        for (method, template) in [
            (Method.GET, "/"), (.GET, "/a"), (.POST, "/a"), (.GET, "/a/{id}"), (.GET, "/a/me"), (.GET, "/a/me/x"),
            (.GET, "/a/{id}/y"), (.DELETE, "/a/{id}/{sub}"), (.HEAD, "/own"), (.GET, "/own"),
        ] {
            router.on(method, template) { request in
                let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return .text(([method.name, template] + parameters).joined(separator: " "))
            }
        }
        return router
    }

    @Test(arguments: [
        (Method.GET, "/", "GET /"), (.GET, "/a", "GET /a"), (.POST, "/a?x=/y", "POST /a"),
        (.GET, "/a/1", "GET /a/{id} id=1"), (.GET, "/a/me", "GET /a/me"), (.GET, "/a/me/x", "GET /a/me/x"),
        (.GET, "/a/me/y", "GET /a/{id}/y id=me"), (.GET, "/a/b%2Fc", "GET /a/{id} id=b/c"),
        (.DELETE, "/a/1/x", "DELETE /a/{id}/{sub} id=1 sub=x"), (.DELETE, "/a/me/x", "method_not_allowed /a/me/x"), (.HEAD, "/a", "GET /a"), (.HEAD, "/own", "HEAD /own"),
        (.GET, "/A", "not_found /A"), (.GET, "/a/", "not_found /a/"), (.GET, "//a", "not_found //a"),
        (.GET, "/a//y", "not_found /a//y"), (.PUT, "/a", "method_not_allowed /a"), (Method("BREW"), "/a", "method_unknown /a"),
        (Method("get"), "/a", "method_unknown /a"),
    ])
    func `finds the handler`(method: Method, target: String, expected: String) async throws {
        let request = try #require(Request(method, target))
        guard case .bytes(let bytes) = await Self.router().respond(to: request).body else {
            Issue.record("no content")
            return
        }
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        (Method.PUT, "/a", 405, "GET, HEAD, OPTIONS, POST"), (.OPTIONS, "/a", 204, "GET, HEAD, OPTIONS, POST"),
        (.POST, "/a/me/y", 405, "GET, HEAD, OPTIONS"), (.DELETE, "/a/me", 405, "GET, HEAD, OPTIONS"), (.OPTIONS, "*", 204, "DELETE, GET, HEAD, OPTIONS, POST"),
        (.OPTIONS, "/none", 404, nil),
    ] as [(Method, String, Int, String?)])
    func `names the other methods`(method: Method, target: String, status: Int, allow: String?) async throws {
        let request = try #require(Request(method, target))
        let response = await Self.router().respond(to: request)
        #expect(response.status == status)
        #expect(response.headers.first { $0.0 == "allow" }?.1 == allow)
    }

    @Test(arguments: [(Method.GET, "/up"), (.GET, "/up?x=1"), (.GET, "/%75p"), (.GET, "http://h/up"), (.HEAD, "/up")])
    func `a fixed answer is found however its path is written`(method: Method, target: String) async throws {
        var router = Self.router()
        router.on(.GET, "/up", always: .text("yes"))
        let request = try #require(Request(method, target))
        guard case .bytes(let bytes) = await router.respond(to: request).body else {
            Issue.record("no content")
            return
        }
        #expect(bytes == Array("yes".utf8))
        let other = try #require(Request(.POST, "/up"))
        #expect(await router.respond(to: other).status == 405)
    }

    @Test func `lists its routes in the order they were added`() {
        #expect(Self.router().routes.map { "\($0.method) \($0.template)" }.prefix(3) == ["GET /", "GET /a", "POST /a"])
    }

    @Test func `shows a request's parts`() async throws {
        let request = try #require(Request(
            .POST, "/a%20b?x=1&x=2", headers: [("X-One", "1"), ("x-one", "2")], body: Array("hi".utf8)))
        #expect(request.path == "/a b")
        #expect(request.target == "/a%20b?x=1&x=2")
        #expect(request.query.map(\.value) == ["1", "2"])
        #expect(request.headers["x-one"] == "1")
        #expect(request.headers.all("X-ONE") == ["1", "2"])
        #expect(request.headers.pairs.map(\.name) == ["host", "X-One", "x-one"])
        #expect(try await request.body.collect(upTo: 2) == Array("hi".utf8))
        #expect(Request(.GET, "/%") == nil)
    }

    @Test func `collect refuses more than it was asked for`() async throws {
        let request = try #require(Request(.POST, "/", body: Array("abc".utf8)))
        await #expect(throws: BodyError.tooLarge) { try await request.body.collect(upTo: 2) }
    }
}
