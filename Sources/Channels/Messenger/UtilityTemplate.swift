internal import Core

/// An approved template for messages outside the window, from the content option `utility_template`
/// (Messenger Platform, "Utility messages"). A parameter is a fixed `text`, or a `field` of the rendered message.
struct UtilityTemplate {
    enum Component: String, CaseIterable {
        case header, body, buttons
    }

    /// A part of the message that fills a parameter.
    enum Field: Equatable {
        case title, body, url
        case data(String)

        init?(_ text: String) {
            switch text {
            case "title": self = .title
            case "body": self = .body
            case "url": self = .url
            default:
                guard text.hasPrefix("data."), text.utf8.count > 5 else { return nil }
                self = .data(String(text.dropFirst(5)))
            }
        }

        func value(in message: Message) -> String? {
            switch self {
            case .title: message.title
            case .body: message.body
            case .url: message.url
            case .data(let name): message.data.first { $0.name == name }?.value
            }
        }
    }

    enum Rendering {
        case template(JSONValue)
        /// A parameter's field that this message lacks.
        case missing(field: String)
    }

    private let options: JSONObject

    init?(_ options: JSONObject) {
        guard let template = options["utility_template"]?.object else { return nil }
        self.options = template
    }

    /// `message.template` of the request.
    func render(_ message: Message) -> Rendering {
        var components: [JSONValue] = []
        for component in options["components"]?.array ?? [] {
            var parameters: [JSONValue] = []
            for parameter in component["parameters"]?.array ?? [] {
                var out: JSONObject = ["type": "text"]
                if let name = parameter["field"]?.string {
                    guard let value = Field(name)?.value(in: message) else { return .missing(field: name) }
                    out["text"] = .string(value)
                } else {
                    out["text"] = .string(parameter["text"]?.string ?? "")
                }
                if let name = parameter["parameter_name"]?.string { out["parameter_name"] = .string(name) }
                parameters.append(.object(out))
            }
            components.append(["type": component["type"] ?? "body", "parameters": .array(parameters)])
        }
        var template: JSONObject = [
            "name": options["name"] ?? "", "language": ["code": .string(options["language"]?.string ?? message.language)],
        ]
        if !components.isEmpty { template["components"] = .array(components) }
        return .template(.object(template))
    }
}
