import API
import Core
import Linux
import Storage

/// What commands ask of the server that owns the folder, through the admin socket, or of the folder itself when none runs.
///
/// One JSON object each way; `{"error":…}` when it was refused.
enum AdminCommands {
    /// Keys in one answer of `list_keys`, so that it fits in a line of the socket.
    static let keysPerPage = 40

    /// - Parameters:
    ///   - services: those of the running server.
    ///   - forget: called for a key that was changed.
    static func answer(_ request: JSONValue, _ store: Store, _ services: CampaignServices? = nil, forget: (KeyID) -> Void = { _ in }) -> JSONValue {
        do {
            switch request["command"]?.string {
            case "create_key": return try KeyRequest(request).create(in: store)
            case "list_keys": return try list(request, store)
            case "rotate_key":
                let id = try key(request)
                let grace = Duration.seconds(request["grace_seconds"]?.int ?? 0)
                let rotated = try store.writeNow { try Auditor.command.rotate(id, grace: grace, in: $0) }
                forget(id)
                var object = rotated.row.object
                object["key"] = .string(rotated.text)
                return .object(object)
            case "revoke_key":
                let id = try key(request)
                let revoked = try store.writeNow { try Auditor.command.revoke(id, in: $0) }
                forget(id)
                return .object(revoked.object)
            case "verify_audit": return try verify(request, store)
            case "campaign_report": return try report(request, store, services)
            default: return ["error": "the running server does not know this command: it is of another version"]
            }
        } catch StorageError.notFound {
            return ["error": "there is no such key: see clairon keys list"]
        } catch StorageError.conflict(let why) {
            return ["error": .string(why)]
        } catch {
            return ["error": .string("\(error)")]
        }
    }

    private static func list(_ request: JSONValue, _ store: Store) throws -> JSONValue {
        let before = request["before"]?.int
        let rows = try store.writeNow { try $0.keys(before: before, limit: keysPerPage + 1) }
        let next = rows.count > keysPerPage ? rows[keysPerPage - 1].id.rawValue : nil
        return ["data": .array(rows.prefix(keysPerPage).map { .object($0.object) }), "next": next.map(JSONValue.int) ?? .null]
    }

    /// `{"rows":…,"end":…}`, with `finding` when the log is not whole.
    private static func verify(_ request: JSONValue, _ store: Store) throws -> JSONValue {
        let kept = try request["end"]?.string.map { text in
            guard let kept = AuditChain.noted(text) else { throw Failed("--end: must be ROW:HASH, as clairon audit verify printed it") }
            return kept
        }
        do {
            let chain = try awaiting { try await AuditChain.verify(store, holding: kept) }
            return ["rows": .int(chain.id), "end": .string(chain.end)]
        } catch let finding as AuditChain.Finding {
            return ["finding": .string(finding.description)]
        }
    }

    private static func report(_ request: JSONValue, _ store: Store, _ services: CampaignServices?) throws -> JSONValue {
        guard let id = CampaignID(request["id"]?.string ?? "") else { throw Failed("a campaign's id looks like cmp_3") }
        guard let report = try awaiting({ try await services?.report(of: id, in: store) }) else { throw Failed("there is no campaign \(id)") }
        return report
    }

    /// The report of a campaign, as `/v1/campaigns/{id}/report` has it.
    ///
    /// - Throws: `Failed`, also when no server runs: nothing moves then.
    static func report(of campaign: String, folder: String) throws -> JSONValue {
        guard let answer = try AdminSocket.ask(["command": "campaign_report", "id": .string(campaign)], folder: folder) else {
            throw Failed("no server runs on \(folder): start it with clairon serve")
        }
        if let error = answer["error"]?.string { throw Failed(error) }
        return answer
    }

    private static func awaiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let outcome = Lock<Result<Value, any Error>?>(nil)
        blocking {
            do {
                let value = try await body()
                outcome.withLock { $0 = .success(value) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
        }
        guard let outcome = outcome.withLock({ $0 }) else { throw Failed("nothing was read") }
        return try outcome.get()
    }

    private static func key(_ request: JSONValue) throws -> KeyID {
        guard let id = KeyID(request["id"]?.string ?? "") else { throw Failed("a key's id looks like key_3: see clairon keys list") }
        return id
    }

    /// Asks the server of the configured folder, or opens the folder when none runs.
    ///
    /// - Throws: `Failed` with what the answer says is wrong.
    static func ask(_ request: JSONValue, _ options: ConfigOptions) throws -> JSONValue {
        let (config, _) = try options.load()
        let answer = try AdminSocket.ask(request, folder: config.dataFolder) ?? offline(request, config)
        if let error = answer["error"]?.string { throw Failed(error) }
        return answer
    }

    private static func offline(_ request: JSONValue, _ config: Config) throws -> JSONValue {
        let store = try Store(folder: DataFolder(path: config.dataFolder), accounts: config.accounts.map(\.account), time: SystemTime())
        let answer = answer(request, store)
        try store.close()
        return answer
    }
}
