import Core
import Failpoints
import HTTPServer
import Linux
import OpenSSL
package import Storage

/// The `Idempotency-Key`s of requests that are being worked on now.
final class InProgress: Sendable {
    private struct Name: Hashable {
        let key: KeyID
        let text: String
    }

    private let names = Lock<Set<Name>>([])

    /// - Returns: false when the same is being worked on already.
    func enter(_ key: KeyID, _ text: String) -> Bool {
        let name = Name(key: key, text: text)
        return names.withLock { $0.insert(name).inserted }
    }

    func leave(_ key: KeyID, _ text: String) {
        let name = Name(key: key, text: text)
        names.withLock { _ = $0.remove(name) }
    }
}

extension APICall {
    /// Carries out what a POST asks for, once for each `Idempotency-Key`: the effect and the record of its answer are one
    /// transaction. A repeat with the same body gets the first answer again; refusals are not recorded, since they changed nothing.
    ///
    /// - Parameter effect: must do all it does through the transaction; it may run on any thread.
    /// - Throws: `Problem` 409 while the first is being worked on, 422 for another body, 400 for a key that is missing or malformed.
    package func once(_ body: JSONBody, _ effect: @escaping @Sendable (StoreTransaction) throws -> Answer) async throws -> Answer {
        try await once(body, effect, answer: { $0 })
    }

    /// The same for an effect whose answer can be made afterwards: without a key that keeps it off the writer's thread.
    func once<Value: Sendable>(_ body: JSONBody, _ effect: @escaping @Sendable (StoreTransaction) throws -> Value,
                               answer: @escaping @Sendable (Value) -> Answer) async throws -> Answer {
        guard let text = try idempotencyKey(), let key else { return answer(try await write(body, effect)) }
        try enter(key.id, text)
        defer { context.inProgress.leave(key.id, text) }
        let hash = requestHash(of: body)
        let given = try await write(body) { transaction in
            if let recorded = try transaction.recordedAnswer(of: key.id, to: text) { return try Answer(replaying: recorded, of: hash) }
            let answer = answer(try effect(transaction))
            try transaction.record(answer.record(of: hash), of: key.id, to: text)
            failpoint("post.before")
            return answer
        }
        failpoint("post.after")
        return given
    }

    /// The same for what is read and stored in pieces: the record is one transaction with the last of them.
    ///
    /// - Parameter work: reads the body it is given to its end, then calls the other in its last transaction.
    func onceStreamed(
        _ body: @escaping ImportBody, _ work: (@escaping ImportBody, @escaping @Sendable (StoreTransaction, Answer) throws -> Void) async throws -> Answer
    ) async throws -> Answer {
        guard let text = try idempotencyKey(), let key else { return try await work(body) { _, _ in } }
        try enter(key.id, text)
        defer { context.inProgress.leave(key.id, text) }
        var hasher: SHA256? = SHA256()
        hasher?.update(requestLine)
        // Kept from the end of the body on: a transaction may run twice.
        let hash = Lock<[UInt8]>([])
        let read: ImportBody = {
            let piece = try await body()
            if let piece { hasher?.update(piece) } else if let digest = hasher.take()?.finish() { hash.withLock { $0 = digest } }
            return piece
        }
        if let recorded = try await store.read({ try $0.recordedAnswer(of: key.id, to: text) }) {
            while try await read() != nil {}
            return try Answer(replaying: recorded, of: hash.withLock { $0 })
        }
        return try await work(read) { try $0.record($1.record(of: hash.withLock { $0 }), of: key.id, to: text) }
    }

    private func enter(_ key: KeyID, _ text: String) throws {
        guard context.inProgress.enter(key, text) else {
            throw Problem(.idempotencyInProgress, "The first request with this Idempotency-Key has not been answered yet: repeat it shortly.",
                          headers: [("retry-after", "1")])
        }
    }

    /// Carries out what any other request with a body asks for, in one transaction.
    func write<Value: Sendable>(_ body: JSONBody, _ effect: @escaping @Sendable (StoreTransaction) throws -> Value) async throws -> Value {
        try await store.write(bytes: body.bytes.count, effect)
    }

    /// Of method, path and body.
    func requestHash(of body: JSONBody) -> [UInt8] { SHA256.hash(requestLine + body.bytes) }

    private var requestLine: [UInt8] { Array("\(request.method.name) \(request.target)\n".utf8) }

    /// - Throws: `Problem` 400.
    func idempotencyKey() throws -> String? {
        let fields = request.headers.all("idempotency-key")
        guard let text = fields.first else {
            guard endpoint.idempotency == .required else { return nil }
            throw Problem.parameter("Idempotency-Key", "Send an Idempotency-Key that is new for each thing to be done, such as a UUID.",
                                    .idempotencyKeyRequired)
        }
        guard fields.count == 1, (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Problem.parameter("Idempotency-Key", "Idempotency-Key must be there once, with 1 to 255 visible ASCII characters.")
        }
        return text
    }
}

extension Answer {
    fileprivate func record(of hash: [UInt8]) -> RecordedAnswer {
        var bytes: [UInt8] = []
        if let recorded { bytes = recorded.bytes } else if case .json(let value) = content { bytes = value.bytes }
        return RecordedAnswer(requestHash: hash, status: status, headers: JSONObject(headers.map { .init(name: $0.0, value: .string($0.1)) }),
                              body: bytes, profile: profile)
    }

    fileprivate init(replaying recorded: RecordedAnswer, of hash: [UInt8]) throws {
        guard recorded.requestHash == hash else {
            throw Problem.keyReused
        }
        let headers = recorded.headers.members.map { ($0.name, $0.value.string ?? "") }
        self.init(recorded.status, recorded.body.isEmpty ? .none : .bytes(recorded.body, type: "application/json"),
                  headers: headers + [("idempotency-replayed", "true")])
    }
}

extension Problem {
    static let keyReused = Problem(.idempotencyKeyReused, "This Idempotency-Key was used for a request with another path or body: take a new one.")
}
