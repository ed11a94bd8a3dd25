import API
import Core

/// What commands may ask the running server through the admin socket.
enum AdminCommands {
    /// `{"command":"create_key","name":…,"kind":…,"scopes":[…]}` -> `{"id":…,"key":…,"scopes":[…]}` or `{"error":…}`.
    static func answer(_ request: JSONValue, _ context: APIContext) -> JSONValue {
        guard request["command"]?.string == "create_key" else { return ["error": "unknown command"] }
        do {
            return try KeyRequest(request).create(in: context.store)
        } catch {
            return ["error": .string("\(error)")]
        }
    }
}
