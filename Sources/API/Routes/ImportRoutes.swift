import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// Bulk data: `/v1/imports`.
    static let imports = RouteGroup("imports", [
        Endpoint(.POST, "/v1/imports", .server([.profilesWrite, .subscriptionsWrite, .eventsWrite]),
                 "Reads lines of JSON, or records of CSV, while they arrive and stores them in slices of 500, each in one transaction. A line that is refused stops nothing; CSV with a quote or a line end out of place is read no further (400). The answer comes when the body has ended; lines are safe to send again. With `Prefer: respond-async` it comes as soon as the body is stored as a whole (202), and the lines are stored afterwards, whatever happens to the server: `GET /v1/imports/{id}` tells how far they are.",
                 query: [
                    .init("kind", "What the lines are.", schema: #"{"enum":["profiles","subscriptions","events"]}"#, isRequired: true),
                    .init("create_profiles", "Whether events of unknown profiles make them.", schema: #"{"type":"boolean","default":false}"#),
                    .init("label", "What you call this import, such as the name of its file: 1 to 128 characters.",
                          schema: #"{"type":"string","minLength":1,"maxLength":128,"pattern":"^[^\u0000-\u001F\u007F]*$"}"#),
                 ],
                 body: .init(types: [("application/x-ndjson", "ImportLine"), ("application/jsonl", "ImportLine"), ("text/csv", "ImportTable")]), results: [(200, .schema("Import")), (202, .schema("Import"))],
                 maxBodyBytes: 64 << 30, idempotency: .optional, respondsAsync: true) { call in
            let query = try call.query()
            guard let kind = try query.choice("kind", of: ImportJob.Kind.self) else {
                throw Problem.parameter("?kind", "The query parameter kind must be one of profiles, subscriptions, events.")
            }
            try checkScope(kind, call)
            let label = try label(query)
            let type = try JSONBody.checkType(call.request, allowed: ["application/x-ndjson", "application/jsonl", "text/csv"])
            let reader = ImportLineReader(kind: kind, createsProfiles: try query.bool("create_profiles") ?? false, context: call.context)
            let format: Upload.Format = type == "text/csv" ? .csv : .ndjson
            let begin: @Sendable (StoreTransaction) throws -> ImportID = { transaction in
                let id = try transaction.startImport(kind, label: label)
                try call.auditor.note(.importStart, "\(id)", in: transaction)
                return id
            }
            return try await call.onceStreamed(call.request.body.next) { body, record in
                if call.request.prefers("respond-async") {
                    let length = call.request.headers["content-length"]?.decimal.map { Int($0) }
                    return try await call.context.imports.take(body, length: length, format: format, reader, begin) { try record($0, $1.receipt) }.receipt
                }
                let source = format == .csv ? try await ImportSource(csv: body, reader) : ImportSource(ndjson: body, reader)
                let pipe = ImportPipe(job: try await call.store.write(begin), reader: reader, store: call.store)
                var stream = ImportStream(source, pipe)
                do {
                    return Answer(200, try await stream.run { try record($0, Answer(200, $1.json)) }.json)
                } catch {
                    // The error itself says more than a second one about the job would.
                    _ = try? await pipe.end(.failed)
                    guard let error = error as? BodyError else { throw error }
                    let problem = Problem(error)
                    throw Problem(problem.code, "\(problem.detail) What came before is stored: GET /v1/imports/\(pipe.job) tells how much of it.")
                }
            }
        },
        Endpoint(.GET, "/v1/imports", .server([.profilesWrite, .subscriptionsWrite, .eventsWrite]), "All imports, newest first, without their errors.",
                 query: Page.parameters, results: [(200, .schema("ImportList"))]) { call in
            let page = try call.query().page()
            let jobs = try await call.store.read { try $0.imports(before: page.position, limit: page.limit + 1) }
            return page.answer(jobs.map { ($0.id.rawValue, .object($0.summary)) })
        },
        Endpoint(.GET, "/v1/imports/{id}", .server([.profilesWrite, .subscriptionsWrite, .eventsWrite]), "How far an import is.",
                 results: [(200, .schema("Import"))]) { call in
            let id: ImportID = try call.identifier()
            guard let job = try await call.store.read({ try $0.importJob(id) }) else { throw StorageError.notFound }
            return Answer(200, job.json)
        },
    ], schemas: [
        "ImportLine": #"""
            {"description":"One JSON object for each line. `profiles`: the fields of ProfileWrite and `external_id`, merged into what is known. `subscriptions`: SubscriptionWrite. `events`: Event.",
             "type":"object"}
            """#,
        "ImportTable": #"""
            {"type":"string","description":"CSV (RFC 4180) in UTF-8. The first record names the fields of the JSON form, dotted where they are inside an object: `external_id,language,tags,location.lat,attributes.tier`. An empty cell is a field that is absent. `tags` and `consent.topics` are texts with `;` between them, or a JSON array. Members of `attributes`, `properties` and `consent.evidence` are booleans when they say `true` or `false`, numbers when they are JSON numbers, else texts; `:text`, `:number`, `:boolean` or `:json` behind the name fixes the type. Unknown and duplicate columns are a 422 before anything is stored."}
            """#,
        "Import": #"""
            {"type":"object","additionalProperties":false,"required":[\#(summaryNames),"errors"],"properties":{\#(summaryFields),
             "errors":{"type":"array","maxItems":100,"description":"The first 100.","items":{"type":"object","additionalProperties":false,
               "required":["line","pointer","code","detail"],"properties":{"line":{"type":"integer"},"pointer":{"type":"string"},"code":{"type":"string"},"detail":{"type":"string"}}}}}}
            """#,
        "ImportList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"type":"object","additionalProperties":false,"required":[\#(summaryNames)],"properties":{\#(summaryFields)}}},
             "next_cursor":{"type":["string","null"]}}}
            """#,
    ])

    private static let summaryNames = #""id","kind","label","state","lines","accepted","rejected","created_at","finished_at""#
    private static let summaryFields = #"""
        "id":{"type":"string"},"kind":{"enum":["profiles","subscriptions","events"]},"label":{"type":["string","null"]},
        "state":{"enum":["running","finished","failed"],"description":"`failed`: the body broke off or could not be read further, or the server ended while it came. What `accepted` counts is stored."},
        "lines":{"type":"integer","description":"Read so far, without empty ones."},"accepted":{"type":"integer"},"rejected":{"type":"integer"},
        "created_at":{"type":"string","format":"date-time"},"finished_at":{"type":["string","null"],"format":"date-time"}
        """#
}

/// Each kind needs the scope of its single form.
private func checkScope(_ kind: ImportJob.Kind, _ call: APICall) throws {
    let scope: Scope = switch kind {
    case .profiles: .profilesWrite
    case .subscriptions: .subscriptionsWrite
    case .events: .eventsWrite
    }
    guard call.key?.scopes.contains(scope.rawValue) == true else {
        throw Problem(.missingScope, "Importing \(kind.rawValue) needs the scope \(scope.rawValue).")
    }
}

private func label(_ query: QueryReader) throws -> String? {
    guard let label = query["label"] else { return nil }
    guard (1...128).contains(label.unicodeScalars.count), label.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
        throw Problem.parameter("?label", "The query parameter label must have 1 to 128 characters and no control characters.")
    }
    return label
}

extension ImportJob {
    fileprivate var summary: JSONObject {
        [
            "id": .string(id.description), "kind": .string(kind.rawValue), "label": JSONValue(label), "state": .string(state.rawValue), "lines": .int(lines),
            "accepted": .int(accepted), "rejected": .int(rejected), "created_at": JSONValue(createdAt), "finished_at": JSONValue(finishedAt),
        ]
    }

    /// What a sender is told who does not wait for the lines.
    fileprivate var receipt: Answer {
        Answer(202, json, headers: [("location", "/v1/imports/\(id)"), ("preference-applied", "respond-async")])
    }

    fileprivate var json: JSONValue {
        var object = summary
        object["errors"] = .array(errors)
        return .object(object)
    }
}
