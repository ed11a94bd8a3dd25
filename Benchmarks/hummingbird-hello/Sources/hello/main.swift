import Foundation
import Hummingbird
import NIOPosix

// What Hummingbird does with the same requests: a constant answer, and a registration decoded by Codable and not stored.
// Prints its port as one line of JSON. One event loop: the benchmark gives each server one core.

struct Registration: Decodable {
    struct Consent: Decodable {
        let source: String
        let topics: [String]?
    }

    let profile: String
    let channel: String
    let account: String
    let address: String
    let opt_in: Bool?
    let consent: Consent?
    let language: String?
    let app_version: String?
    let os: String?
}

let router = Router()
router.get("/healthz") { _, _ in #"{"status":"ok"}"# }
router.post("/v1/subscriptions") { request, context in
    let registration = try await request.decode(as: Registration.self, context: context)
    return registration.profile.isEmpty ? HTTPResponse.Status.badRequest : .created
}

let application = Application(
    router: router,
    configuration: .init(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in
        FileHandle.standardOutput.write(Data(#"{"port":\#(channel.localAddress?.port ?? 0)}\#n"#.utf8))
    },
    eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)))
try await application.runService()
