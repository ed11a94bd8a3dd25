package import HTTPServer

/// What a server key may do.
package enum Scope: String, Sendable, CaseIterable {
    case profilesWrite = "profiles:write"
    case profilesRead = "profiles:read"
    case subscriptionsWrite = "subscriptions:write"
    case eventsWrite = "events:write"
    case segmentsWrite = "segments:write"
    case campaignsWrite = "campaigns:write"
    case campaignsLaunch = "campaigns:launch"
    case messagesSend = "messages:send"
    case reportsRead = "reports:read"
    case accountsAdmin = "accounts:admin"
    case keysAdmin = "keys:admin"
}

/// Who may call an endpoint.
package enum Access: Sendable, Equatable {
    /// Anybody.
    case open
    /// A server key with one of these scopes.
    case server([Scope])
    /// The same, or any app key.
    case serverOrApp(Scope)

    package static func server(_ scope: Scope) -> Access { .server([scope]) }
}

/// One method of one path: who may call it, what it takes and gives, and what it does. The router and the OpenAPI document are
/// both made from it.
package struct Endpoint: Sendable {
    package typealias Handler = @Sendable (APICall) async throws -> Answer

    package struct Parameter: Sendable {
        package let name: String
        let summary: String
        /// JSON Schema.
        let schema: String
        let isRequired: Bool

        /// - Parameter schema: JSON Schema as text.
        package init(_ name: String, _ summary: String, schema: String = #"{"type":"string","pattern":"^[^\u0000]*$"}"#, isRequired: Bool = false) {
            self.isRequired = isRequired
            self.name = name
            self.summary = summary
            self.schema = schema
        }
    }

    package struct Body: Sendable {
        /// Media types, each with a name in `components/schemas`.
        package let types: [(type: String, schema: String)]
        let isRequired: Bool

        package init(_ schema: String, isRequired: Bool = true) {
            types = [("application/json", schema)]
            self.isRequired = isRequired
        }

        /// A body that is not one JSON document.
        package init(types: [(type: String, schema: String)]) {
            self.types = types
            isRequired = true
        }

        package var isJSON: Bool { types.contains { $0.type == "application/json" } }
    }

    package enum Result: Sendable {
        /// Name in `components/schemas`.
        case schema(String)
        case empty
        /// Another media type than JSON.
        case type(String)
    }

    package var method: Method
    package var template: String
    package var access: Access
    package var summary: String
    package var query: [Parameter]
    package var body: Body?
    package var results: [(status: Int, result: Result)]
    package var maxBodyBytes: Int
    /// Takes `Idempotency-Key`, and whether it must be there.
    package var idempotency: Idempotency
    /// Takes `If-Match`.
    package var takesIfMatch: Bool
    /// Heeds `Prefer: respond-async`, and then answers 202.
    package var respondsAsync: Bool
    /// Statuses of refusals that the rest does not tell.
    package var refusals: [Int]
    package var handler: Handler
    /// What every call of an open endpoint gets, if that is always the same.
    package private(set) var fixed: Answer?

    /// What the body may have: for one JSON document the operator's limit holds too.
    package func bodyLimit(_ context: APIContext) -> Int {
        body?.isJSON == true ? min(maxBodyBytes, context.maxBodyBytes) : maxBodyBytes
    }

    package enum Idempotency: Sendable { case none, optional, required }

    package init(_ method: Method, _ template: String, _ access: Access, _ summary: String, query: [Parameter] = [], body: Body? = nil,
                 results: [(Int, Result)], maxBodyBytes: Int = 1_048_576, idempotency: Idempotency = .none,
                 takesIfMatch: Bool = false, respondsAsync: Bool = false, refusals: [Int] = [], handler: @escaping Handler) {
        self.method = method
        self.template = template
        self.access = access
        self.summary = summary
        self.query = query
        self.body = body
        self.results = results.map { (status: $0.0, result: $0.1) }
        self.maxBodyBytes = maxBodyBytes
        self.idempotency = idempotency
        self.takesIfMatch = takesIfMatch
        self.respondsAsync = respondsAsync
        self.refusals = refusals
        self.handler = handler
    }

    /// An open endpoint that always answers the same.
    package init(_ method: Method, _ template: String, _ summary: String, results: [(Int, Result)], always answer: Answer) {
        self.init(method, template, .open, summary, results: results) { _ in answer }
        fixed = answer
    }
}

/// The endpoints of one resource, with the schemas they name.
package struct RouteGroup: Sendable {
    package var name: String
    package var endpoints: [Endpoint]
    /// JSON Schemas as text, by their name in `components/schemas`.
    package var schemas: [String: String]

    package init(_ name: String, _ endpoints: [Endpoint], schemas: [String: String] = [:]) {
        self.name = name
        self.endpoints = endpoints
        self.schemas = schemas
    }
}
