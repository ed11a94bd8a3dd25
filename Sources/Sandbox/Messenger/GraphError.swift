import Core

/// An error in the Graph API's envelope (Meta, "Handling errors"): classified by code and subcode; the status is
/// 400 nearly always.
struct GraphError: Error, Equatable {
    let code: Int
    let subcode: Int?
    let message: String

    init(_ code: Int, _ subcode: Int? = nil, _ message: String) {
        self.code = code
        self.subcode = subcode
        self.message = message
    }

    static func invalid(_ message: String) -> GraphError { GraphError(100, nil, "(#100) " + message) }

    static let noMatchingUser = GraphError(100, 2_018_001, "(#100) No matching user found")
    static let outsideWindow = GraphError(
        10, 2_018_278, "(#10) This message is sent outside of allowed window. Learn more about the new policy here: "
            + "https://developers.facebook.com/docs/messenger-platform/policy-overview")

    private var status: Int {
        switch code {
        case 1, 2: 500
        default: 400
        }
    }

    private var type: String { [100, 190, 104].contains(code) || code < 100 || code > 900 ? "OAuthException" : "FacebookApiException" }

    func answer(trace: String, headers: [(String, String)] = []) -> ProviderAnswer {
        var error: JSONObject = ["message": .string(message), "type": .string(type), "code": JSONValue(code)]
        if let subcode { error["error_subcode"] = JSONValue(subcode) }
        error["fbtrace_id"] = .string(String(trace.prefix(23)))
        return ProviderAnswer(status, headers: headers, json: ["error": .object(error)])
    }
}
