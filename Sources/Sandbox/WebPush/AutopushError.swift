import Core

/// The errors of a push service as autopush numbers them (mozilla-services/autopush-rs, docs/src/errors.md).
enum AutopushError: Int, CaseIterable {
    case missingCrypto = 101
    case noSuchEndpoint = 102
    case expired = 103
    case tooLarge = 104
    case userGone = 105
    case unsubscribed = 106
    case badVAPID = 109
    case badCrypto = 110
    case missingHeader = 111
    case badTTL = 112
    case badTopic = 113
    case negativeTTL = 114
    case overloaded = 201
    case tryAgain = 202
    case unknown = 999

    var status: Int {
        switch self {
        case .missingCrypto, .badCrypto, .missingHeader, .badTTL, .badTopic, .negativeTTL: 400
        case .badVAPID: 401
        case .noSuchEndpoint: 404
        case .expired, .userGone, .unsubscribed: 410
        case .tooLarge: 413
        case .overloaded, .tryAgain: 503
        case .unknown: 500
        }
    }

    private var title: String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 404: "Not Found"
        case 410: "Gone"
        case 413: "Payload Too Large"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }

    func answer(_ message: String, headers: [(String, String)] = []) -> ProviderAnswer {
        ProviderAnswer(status, headers: headers, json: [
            "code": JSONValue(status), "errno": JSONValue(rawValue), "error": .string(title), "message": .string(message),
            "more_info": "http://autopush.readthedocs.io/en/latest/http.html#error-codes",
        ])
    }
}
