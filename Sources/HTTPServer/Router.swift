import HTTPWire

/// Finds the handler of a request by method and path, and makes the answers that need none.
///
/// Templates are segments, `{name}` for one that may be anything but empty. A literal goes before a
/// parameter; if the literal leads to no resource, the parameter is tried.
package struct Router: Sendable {
    /// Makes the answer for what never reaches a handler: status, stable code, a sentence, and the request
    /// if its head could be read.
    package typealias Problem = @Sendable (Int, String, String, Request?) -> Response

    /// Bytes of body that a route takes unless it says otherwise.
    package static let defaultMaxBodyBytes = 1_048_576

    final class Route: Sendable {
        let method: Method
        /// The template's bytes: without `{names}`, what most requests for it have as their target.
        let path: [UInt8]
        let names: [String]
        let maxBodyBytes: Int
        /// The answer that every request gets, if there is one.
        let fixed: Response?
        let handler: Handler

        init(_ method: Method, _ template: String, names: [String], maxBodyBytes: Int, fixed: Response?, _ handler: @escaping Handler) {
            self.method = method
            path = Array(template.utf8)
            self.names = names
            self.maxBodyBytes = maxBodyBytes
            self.fixed = fixed
            self.handler = handler
        }
    }

    /// What to do with a request, known from its head.
    enum Plan {
        case run(Route, parameters: [String: String])
        case answer(Response)
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var routes: [Method: Route] = [:]
    }

    private var nodes = [Node()]
    /// Routes without `{names}`, by the length of their path.
    private var exact: [[Route]] = []
    package private(set) var routes: [(method: Method, template: String)] = []
    let problem: Problem

    package init(problem: @escaping Problem = Router.plainProblem) {
        self.problem = problem
    }

    /// Adds a route. Two routes with one method and one shape are a bug.
    ///
    /// - Parameter template: such as `/v1/profiles/{external_id}/opt-out`.
    package mutating func on(
        _ method: Method, _ template: String, maxBodyBytes: Int = Router.defaultMaxBodyBytes,
        _ handler: @escaping Handler
    ) {
        on(method, template, maxBodyBytes: maxBodyBytes, fixed: nil, handler)
    }

    private mutating func on(
        _ method: Method, _ template: String, maxBodyBytes: Int, fixed: Response?, _ handler: @escaping Handler
    ) {
        precondition(template.utf8.first == 0x2F, "a template starts with a slash")
        var node = 0
        var names: [String] = []
        let path = template.dropFirst()
        let segments = path.isEmpty ? [] : path.split(separator: "/", omittingEmptySubsequences: false)
        for segment in segments {
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                names.append(String(segment.dropFirst().dropLast()))
                node = child(of: node, \.parameter)
            } else {
                node = child(of: node, \.literals[String(segment)])
            }
        }
        precondition(nodes[node].routes[method] == nil, "\(method) \(template) is routed twice")
        let route = Route(method, template, names: names, maxBodyBytes: maxBodyBytes, fixed: fixed, handler)
        nodes[node].routes[method] = route
        routes.append((method, template))
        guard names.isEmpty else { return }
        while exact.count <= route.path.count { exact.append([]) }
        exact[route.path.count].append(route)
    }

    /// Adds a route without `{names}` that always gives the same answer: for what is asked very often.
    package mutating func on(_ method: Method, _ template: String, always answer: Response) {
        on(method, template, maxBodyBytes: Router.defaultMaxBodyBytes, fixed: answer) { _ in answer }
    }

    /// The answer to a GET for just such a path, for which no request has to be taken apart.
    func fixedAnswer(to head: RequestHead) -> Response? {
        head.method == "GET" ? exactRoute(.GET, head)?.fixed : nil
    }

    private func exactRoute(_ method: Method, _ head: RequestHead) -> Route? {
        let length = head.targetRange.count
        guard length < exact.count else { return nil }
        for route in exact[length] where route.method == method && head.isTarget(route.path) { return route }
        return nil
    }

    private mutating func child(of node: Int, _ path: WritableKeyPath<Node, Int?>) -> Int {
        if let existing = nodes[node][keyPath: path] { return existing }
        nodes.append(Node())
        nodes[node][keyPath: path] = nodes.count - 1
        return nodes.count - 1
    }

    /// Decides by the head alone.
    func plan(_ request: Request) -> Plan {
        let method = request.method
        guard method.isKnown else {  // RFC 9110 §9.1: 501 for a method that no resource here has.
            return .answer(problem(501, "method_unknown", "This method is not implemented.", request))
        }
        if let route = exactRoute(method, request.head) { return plan(route, []) }
        let segments = request.segments
        var values: [String] = []
        if request.path == "*", request.target == "*" {
            return .answer(Router.options(allowed(Set(routes.map(\.method)))))
        }
        if let route = find(method, segments, 0, 0, &values) {
            return plan(route, values)
        }
        if method == .HEAD, let route = find(.GET, segments, 0, 0, &values) {  // RFC 9110 §9.3.2
            return plan(route, values)
        }
        var others: Set<Method> = []
        collectMethods(segments, 0, 0, &others)
        if others.isEmpty {
            return .answer(problem(404, "not_found", "There is no such resource.", request))
        }
        if method == .OPTIONS { return .answer(Router.options(allowed(others))) }
        var answer = problem(405, "method_not_allowed", "This resource has other methods: see Allow.", request)
        answer.headers.append(("allow", allowed(others)))  // RFC 9110 §15.5.6
        return .answer(answer)
    }

    private func plan(_ route: Route, _ values: [String]) -> Plan {
        if let fixed = route.fixed { return .answer(fixed) }
        return .run(route, parameters: route.names.isEmpty ? [:] : Dictionary(zip(route.names, values)) { _, last in last })
    }

    /// Answers a request without a server.
    package func respond(to request: Request) async -> Response {
        switch plan(request) {
        case .answer(let response):
            return response
        case .run(let route, let parameters):
            var request = request
            request.parameters = parameters
            return await route.handler(request)
        }
    }

    private func find(
        _ method: Method, _ segments: [String], _ depth: Int, _ node: Int, _ values: inout [String]
    ) -> Route? {
        guard depth < segments.count else { return nodes[node].routes[method] }
        let segment = segments[depth]
        if let next = nodes[node].literals[segment], let route = find(method, segments, depth + 1, next, &values) {
            return route
        }
        if hides(segments, depth, node) { return nil }
        guard let next = nodes[node].parameter, !segment.isEmpty else { return nil }
        values.append(segment)
        if let route = find(method, segments, depth + 1, next, &values) { return route }
        values.removeLast()
        return nil
    }

    /// Whether the literal at `depth` leads to a resource, whatever its methods: then a parameter in its place is another resource.
    private func hides(_ segments: [String], _ depth: Int, _ node: Int) -> Bool {
        guard let next = nodes[node].literals[segments[depth]] else { return false }
        var methods: Set<Method> = []
        collectMethods(segments, depth + 1, next, &methods)
        return !methods.isEmpty
    }

    private func collectMethods(_ segments: [String], _ depth: Int, _ node: Int, _ methods: inout Set<Method>) {
        guard depth < segments.count else {
            methods.formUnion(nodes[node].routes.keys)
            return
        }
        if let next = nodes[node].literals[segments[depth]] { collectMethods(segments, depth + 1, next, &methods) }
        if !methods.isEmpty { return }
        if let next = nodes[node].parameter, !segments[depth].isEmpty {
            collectMethods(segments, depth + 1, next, &methods)
        }
    }

    private static func options(_ allowed: String) -> Response {
        var response = Response(status: 204, headers: [("allow", allowed)])
        response.namesRequest = true
        return response
    }

    private func allowed(_ methods: Set<Method>) -> String {
        var names = Set(methods.map(\.name))
        names.insert("OPTIONS")
        if names.contains("GET") { names.insert("HEAD") }
        return names.sorted().joined(separator: ", ")
    }

    /// The sentence as plain text, for servers that have no format of their own.
    package static let plainProblem: Problem = { status, _, detail, _ in .text(detail + "\n", status: status) }
}
