import Core
import Curl

/// What a demonstration asks of the API, over a real connection that is kept. Blocking: owned by one thread.
final class DemoClient {
    struct Answer {
        let status: Int
        let json: JSONValue
        /// Given again from the record of an earlier request with the same `Idempotency-Key`.
        let isReplay: Bool
    }

    /// The server did not do what it was asked, in its own words.
    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    /// A page of the ledger holds more than a request may.
    private static let limits = JSONLimits(members: 1_000_000)

    private let multi: Multi
    private let baseURL: String
    private let key: String

    /// - Parameter baseURL: such as `http://127.0.0.1:8080`.
    init(baseURL: String, key: String) throws {
        var options = TransportOptions()
        options.httpVersion = .http1
        options.totalTimeoutMilliseconds = 120_000
        options.maxResponseBytes = 32 << 20
        multi = try Multi(options: options, connections: 1, maxInFlight: 1)
        self.baseURL = baseURL
        self.key = key
    }

    func get(_ path: String) throws -> JSONValue { try send(.get, path).json }

    func post(_ path: String, _ body: JSONValue, idempotencyKey: String? = nil) throws -> Answer {
        try send(.post, path, body: body.bytes, type: "application/json", idempotencyKey: idempotencyKey)
    }

    /// Sends NDJSON and waits for the job when the server answers before it is done.
    ///
    /// - Returns: how many lines were taken.
    func importLines(_ kind: String, _ lines: [UInt8]) throws -> Int {
        var job = try send(.post, "/v1/imports?kind=\(kind)", body: lines, type: "application/x-ndjson").json
        while job["state"]?.string == "running", let id = job["id"]?.string { job = try get("/v1/imports/\(id)") }
        if let first = job["errors"]?.array?.first {
            throw Refused(description: DemoTexts.importRefused(kind, first.text))
        }
        guard let accepted = job["accepted"]?.int else { throw Refused(description: DemoTexts.unexpected("/v1/imports", job.text)) }
        return Int(accepted)
    }

    private func send(
        _ method: TransferRequest.Method, _ path: String, body: [UInt8] = [], type: String? = nil, idempotencyKey: String? = nil
    ) throws -> Answer {
        var headers = [(name: "Authorization", value: "Bearer \(key)"), (name: "Accept", value: "application/json")]
        if let type { headers.append(("Content-Type", type)) }
        if let idempotencyKey { headers.append(("Idempotency-Key", idempotencyKey)) }
        multi.add(TransferRequest(method, baseURL + path, headers: headers, body: body), token: 0)
        var result: TransferResult?
        while result == nil {
            try multi.drive(forMilliseconds: -1)
            multi.drain { result = $0.result }
        }
        guard case .reply(let reply)? = result, reply.isWhole else {
            throw Refused(description: DemoTexts.noAnswer("\(method.rawValue) \(path)"))
        }
        let json = reply.body.isEmpty ? JSONValue.null : try? JSONValue(parsing: reply.body, limits: DemoClient.limits)
        guard (200...299).contains(reply.status), let json else {
            throw Refused(description: DemoTexts.refused(
                "\(method.rawValue) \(path)", reply.status, json?["detail"]?.string ?? String(decoding: reply.body.prefix(400), as: UTF8.self)))
        }
        return Answer(status: reply.status, json: json, isReplay: reply.headers["idempotency-replayed"] == "true")
    }
}
