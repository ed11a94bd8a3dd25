import Core
import HTTPServer
import Linux

/// An SMS gateway as Kannel's sendsms has it, in this process, so that it outlives the server: takes everything, and remembers who
/// was sent to and in which order.
final class Gateway: Sendable {
    private let numbers = Lock<[String]>([])
    private let server: Server
    let port: Int

    init() throws {
        var router = Router()
        let numbers = numbers
        router.on(.GET, "/cgi-bin/sendsms") { request in
            let number = request.query.first { $0.name == "to" }?.value ?? ""
            numbers.withLock { $0.append(number) }
            return Response(status: 202, headers: [("content-type", "text/plain")], body: .bytes(Array("0: Accepted for delivery".utf8)))
        }
        var configuration = ServerConfiguration()
        configuration.loops = 1
        server = try Server(configuration, router: router)
        port = try server.start()
    }

    /// Every number that was sent to, a repeat included.
    var received: [String] { numbers.withLock { $0 } }

    /// With which replies come.
    static let token = "0123456789abcdef"

    /// An account `sms` of a configuration.
    func account(perSecond: Int, _ folder: TemporaryFolder) throws -> JSONValue {
        [
            "channel": "sms", "provider": "kannel", "sender": "SHOP", "base_url": .string("http://127.0.0.1:\(port)/cgi-bin/sendsms"),
            "username": "u", "password_file": .string(try folder.write("secret", to: "password")),
            "inbound_token_file": .string(try folder.write(Gateway.token, to: "token")), "rate": ["per_second": .int(Int64(perSecond))],
        ]
    }
}
