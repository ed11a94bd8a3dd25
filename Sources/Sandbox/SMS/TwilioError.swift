import Core

/// Twilio's error answers: a code of its own, and the status that goes with it (Twilio, "Error and warning dictionary").
struct TwilioError: Equatable {
    let code: Int
    let message: String

    init(_ code: Int, _ message: String) {
        self.code = code
        self.message = message
    }

    private var status: Int {
        switch code {
        case 20_003: 401
        case 20_004: 405
        case 20_404: 404
        case 20_429: 429
        case 20_500: 500
        case 20_503: 503
        default: 400
        }
    }

    func answer(headers: [(String, String)] = []) -> ProviderAnswer {
        ProviderAnswer(status, headers: headers, json: [
            "code": JSONValue(code), "message": .string(message),
            "more_info": .string("https://www.twilio.com/docs/errors/\(code)"), "status": JSONValue(status),
        ])
    }
}
