import Core
import FoundationEssentials
import Glibc

/// `clairon sandbox`: every provider simulated by a process of its own, which outlives the server's crashes and writes down
/// what it took before it answers.
final class SandboxProcess {
    let port: Int
    /// Where the server is to listen; the sandbox calls it back there.
    let serverPort: Int
    let receiptFile: String
    private let process: ChildProcess
    private let configPath: String

    var origin: String { "http://127.0.0.1:\(port)" }
    var http: HTTPClient { HTTPClient(port: port) }

    init(in folder: TemporaryFolder) throws {
        serverPort = try Clairon.freePort()
        receiptFile = folder.path + "/receipts.jsonl"
        process = try ChildProcess(
            [Clairon.binary(), "sandbox", "--port", "0", "--folder", folder.path + "/place", "--server", "127.0.0.1:\(serverPort)",
             "--receipts", receiptFile, "--provider-tokens", "1000", "--json"],
            log: folder.path + "/sandbox")
        let process = process
        let words = try Poll.until("the sandbox's words") { () throws -> JSONValue? in
            if let end = process.poll() { throw HTTPClient.Broken(description: "the sandbox ended: \(end) \(process.errorText)") }
            return try? JSONValue(parsing: Array(process.outputText.utf8))
        }
        guard let origin = words["origin"]?.string, let port = origin.split(separator: ":").last.flatMap({ Int($0) }),
            let config = words["config"]?.string
        else { throw HTTPClient.Broken(description: "the sandbox said \(words.text)") }
        self.port = port
        configPath = config
    }

    /// The configuration that the sandbox has written, for a change before the server starts.
    func config() throws -> JSONObject {
        try JSONValue(parsing: Array(ChildProcess.text(of: configPath).utf8)).object ?? JSONObject()
    }

    /// Answers every request so much later.
    func setLatency(milliseconds: Int64) throws { try show(["latency_ms": .int(milliseconds)]) }

    /// Has providers fail, as `/sandbox/faults` takes it.
    func show(_ fault: JSONObject) throws {
        let answer = try http.send("POST", "/sandbox/faults", body: JSONValue.object(fault).bytes)
        guard answer.status == 204 else { throw HTTPClient.Broken(description: answer.text) }
    }

    /// Addresses as `POST /v1/subscriptions` takes them.
    func addresses(_ channel: Channel, first: Int = 0, count: Int) throws -> [JSONValue] {
        var all: [JSONValue] = []
        while all.count < count {
            let some = min(1_000, count - all.count)
            let page = try http.send("GET", "/sandbox/addresses?channel=\(channel.rawValue)&first=\(first + all.count)&count=\(some)").json
            guard let list = page["data"]?.array, list.count == some else { throw HTTPClient.Broken(description: page.text) }
            all += list
        }
        return all
    }

    /// People write to the Messenger page; returns when the server has heard of all of them.
    func openWindows(_ psids: [String]) throws {
        for psid in psids {
            let answer = try http.send("POST", "/sandbox/inbound", body: JSONValue.object(["address": .string(psid), "text": "Bonjour"]).bytes)
            guard answer.status == 202 else { throw HTTPClient.Broken(description: answer.text) }
        }
        try Poll.until("the page's messages at the server") {
            (try http.send("GET", "/sandbox/summary").json["callbacks"]?["delivered"]?.int ?? 0) >= psids.count
        }
    }

    /// Messages taken so far, by channel.
    func taken() throws -> [String: Int] {
        let channels = try http.send("GET", "/sandbox/summary").json["channels"]?.object?.members ?? []
        return Dictionary(uniqueKeysWithValues: channels.map { ($0.name, Int($0.value["taken"]?.int ?? 0)) })
    }

    /// Ends it; its receipt file stays.
    func stop() throws {
        process.send(SIGTERM)
        _ = try process.wait()
    }

    /// Every message that the providers were asked to take: when, in Unix milliseconds, and what they said (0: they hung up).
    func requests() throws -> [(at: Int64, status: Int)] {
        try ChildProcess.text(of: receiptFile).utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let json = try JSONValue(parsing: Array(line))
            return json["at"]?.int.flatMap { at in json["status"]?.int.map { (at, Int($0)) } }
        }
    }

    /// What the providers took, in order: also from connections that ended before the answer.
    func receipts() throws -> [SentReceipt] {
        try ChildProcess.text(of: receiptFile).utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let json = try JSONValue(parsing: Array(line))
            guard json["taken"]?.bool == true, let channel = json["channel"]?.string, let address = json["address"]?.string else { return nil }
            return SentReceipt(recipient: Recipient(channel: channel, address: address), key: json["key"]?.string)
        }
    }
}

/// One message that a simulated provider took.
struct SentReceipt {
    let recipient: Recipient
    /// The sender's own name of the message, where the provider takes one.
    let key: String?
}

/// An address on a channel. With one campaign in the ledger there is one message for each.
struct Recipient: Hashable {
    let channel: String
    let address: String
}
