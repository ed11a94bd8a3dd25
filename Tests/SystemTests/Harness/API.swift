import Core

/// The server's API, as a client with one key sees it.
struct API {
    struct Refused: Error, CustomStringConvertible {
        let status: Int
        let description: String
    }

    let http: HTTPClient
    let key: String

    @discardableResult
    func get(_ path: String) throws -> JSONValue { try send("GET", path).json }

    @discardableResult
    func post(_ path: String, _ body: JSONValue, idempotencyKey: String? = nil) throws -> JSONValue {
        try send("POST", path, headers: [("Content-Type", "application/json")] + (idempotencyKey.map { [("Idempotency-Key", $0)] } ?? []),
                 body: body.bytes).json
    }

    /// - Throws: `Refused` for anything but a 2xx.
    func send(_ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil) throws -> HTTPClient.Answer {
        let answer = try http.send(method, path, headers: headers + [("Authorization", "Bearer \(key)")], body: body)
        guard (200...299).contains(answer.status) else {
            throw Refused(status: answer.status, description: "\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer
    }

    /// Imports lines of JSON; all of them must be taken.
    func importLines(_ kind: String, _ objects: [JSONValue]) throws {
        for start in stride(from: 0, to: objects.count, by: 10_000) {
            var lines: [UInt8] = []
            for object in objects[start..<min(objects.count, start + 10_000)] {
                object.write(into: &lines)
                lines.append(UInt8(ascii: "\n"))
            }
            let job = try send("POST", "/v1/imports?kind=\(kind)", headers: [("Content-Type", "application/x-ndjson")], body: lines).json
            guard job["state"]?.string == "finished", job["rejected"]?.int == 0 else {
                throw Refused(status: 200, description: "import of \(kind): \(job.text)")
            }
        }
    }

    /// Creates and launches a campaign.
    ///
    /// - Returns: its id.
    func launch(_ campaign: JSONValue) throws -> String {
        guard let id = try post("/v1/campaigns", campaign)["id"]?.string else { throw Refused(status: 201, description: "no id") }
        try post("/v1/campaigns/\(id)/launch", .object([:]), idempotencyKey: "launch-\(id)")
        return id
    }

    func report(_ campaign: String) throws -> JSONValue { try get("/v1/campaigns/\(campaign)/report") }

    /// - Returns: the last report.
    func waitUntilFinished(_ campaign: String, seconds: Double = 120) throws -> JSONValue {
        var last = JSONValue.null
        do {
            return try Poll.until("the end of \(campaign)", seconds: seconds) {
                last = try report(campaign)
                switch last["state"]?.string {
                case "finished": return last
                case "running", "scheduled": return nil
                case let state: throw Refused(status: 200, description: "\(campaign) is \(state ?? "nowhere")")
                }
            }
        } catch {
            throw Refused(status: 200, description: "\(error): \(last.text)")
        }
    }

    /// Every row of the campaign's ledger.
    func deliveries(_ campaign: String, _ query: String = "") throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = try get("/v1/campaigns/\(campaign)/deliveries?limit=500\(query)" + (cursor.map { "&cursor=\($0)" } ?? ""))
            rows += page["data"]?.array ?? []
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        return rows
    }
}

extension JSONValue {
    /// The object's members that are numbers.
    var counts: [String: Int] {
        Dictionary(uniqueKeysWithValues: (object?.members ?? []).compactMap { member in member.value.int.map { (member.name, Int($0)) } })
    }
}
