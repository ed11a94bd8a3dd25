import Core
import OpenSSL

/// Calls as Meta makes them to a page's webhook, signed over the raw body (Meta, "Webhooks for Messenger Platform").
struct MessengerWebhook: Sendable {
    let pageID: String
    let appSecret: String

    func delivery(of messageID: String, to psid: String, url: String, at: Timestamp) -> ProviderCallback {
        call(url, psid, at, "delivery", ["mids": [.string(messageID)], "watermark": .int(at.milliseconds)])
    }

    func read(by psid: String, url: String, at: Timestamp) -> ProviderCallback {
        call(url, psid, at, "read", ["watermark": .int(at.milliseconds)])
    }

    func message(_ text: String, from psid: String, id: String, url: String, at: Timestamp) -> ProviderCallback {
        call(url, psid, at, "message", ["mid": .string(id), "text": .string(text)])
    }

    /// What the page itself said, as `message_echoes` tells it: sender and recipient change places.
    func echo(of messageID: String, _ text: String?, metadata: String?, to psid: String, appID: String, url: String, at: Timestamp) -> ProviderCallback {
        var content: JSONObject = ["mid": .string(messageID), "is_echo": true]
        content["app_id"] = appID.decimal.map(JSONValue.int) ?? .string(appID)
        content["text"] = text.map(JSONValue.string)
        content["metadata"] = metadata.map(JSONValue.string)
        return call(url, psid, at, "message", content, isFromPage: true)
    }

    private func call(_ url: String, _ psid: String, _ at: Timestamp, _ name: String, _ content: JSONObject, isFromPage: Bool = false) -> ProviderCallback {
        var event: JSONObject = [
            "sender": ["id": .string(isFromPage ? pageID : psid)], "recipient": ["id": .string(isFromPage ? psid : pageID)],
            "timestamp": .int(at.milliseconds),
        ]
        event[name] = .object(content)
        let body: JSONValue = [
            "object": "page",
            "entry": [["id": .string(pageID), "time": .int(at.milliseconds), "messaging": [.object(event)]]],
        ]
        let bytes = MessengerWebhook.escapingNonASCII(body.text)
        let signature = Hex.encode(HMAC.sha256(key: Array(appSecret.utf8), message: bytes))
        return ProviderCallback("POST", url, headers: [
            ("Content-Type", "application/json"), ("X-Hub-Signature-256", "sha256=" + signature),
        ], body: bytes)
    }

    /// Meta writes what is not ASCII as `\uXXXX`, and signs that.
    private static func escapingNonASCII(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        for unit in text.utf16 {
            if unit < 0x80 {
                out.append(UInt8(unit))
            } else {
                let digits = String(unit, radix: 16)
                out += ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8
            }
        }
        return out
    }
}
