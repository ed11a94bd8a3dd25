import Core
import Glibc
import HTTPServer
import Linux
import OpenSSL
import Testing

@testable import Sandbox

@Suite struct SandboxTests {
    static func run(
        _ settings: SandboxSettings = SandboxSettings(), _ body: (Sandbox, Int) async throws -> Void
    ) async throws {
        let sandbox = try Sandbox(
            world: Fixture.world.get(), settings: settings, time: ManualTime(wallMilliseconds: Fixture.now.milliseconds))
        let port = try sandbox.start()
        do { try await body(sandbox, port) } catch {
            await sandbox.stop()
            throw error
        }
        await sandbox.stop()
    }

    static func apns(_ port: Int, token: String = APNsSimulatorTests.token, _ change: (inout ProviderRequest) -> Void = { _ in }) async throws -> WireClient.Answer? {
        var request = try APNsSimulatorTests.right()
        change(&request)
        return try await WireClient.send(request.method, "/3/device/" + token, headers: request.headers, body: request.body, port: port)
    }

    @Test func `answers every provider on one port`() async throws {
        try await Self.run { (sandbox, port) async throws in
            let world = sandbox.world
            let origin = "http://127.0.0.1:\(port)"
            #expect(try await Self.apns(port)?.status == 200)

            let assertion = try FCMSimulatorTests.assertion { _, claims in claims["aud"] = .string(origin + "/token") }
            let grant = FCMSimulatorTests.tokenRequest(assertion)
            let token = try #require(try await WireClient.send("POST", "/token", headers: grant.headers, body: grant.body, port: port))
            let bearer = "Bearer " + (token.json?["access_token"]?.string ?? "")
            let message = try #require(try await WireClient.send(
                "POST", "/v1/projects/\(world.projectID)/messages:send",
                headers: [("authorization", bearer), ("content-type", "application/json")],
                body: FCMSimulatorTests.message.bytes, port: port))
            #expect(message.status == 200)

            let push = try WebPushSimulatorTests.right()
            let vapid = try WebPushSimulatorTests.vapid { _, claims in claims["aud"] = .string(origin) }
            let headers = push.headers.filter { $0.name != "authorization" } + [("authorization", vapid)]
            let target = "/" + push.segments.joined(separator: "/")
            let pushed = try #require(try await WireClient.send("POST", target, headers: headers, body: push.body, port: port))
            #expect(pushed.status == 201)
            #expect(pushed.header("location")?.hasPrefix(origin + "/m/") == true)

            let chat = try MessengerSimulatorTests.right()
            let proof = try MessengerSimulatorTests.proof()
            let chatted = try await WireClient.send(
                "POST", "/v25.0/\(SandboxSettings.Messenger().pageID)/messages?appsecret_proof=\(proof)", headers: chat.headers,
                body: chat.body, port: port)
            #expect(chatted?.status == 200)

            let sms = try await WireClient.send(
                "GET", "/cgi-bin/sendsms?username=\(world.kannelUser)&password=\(world.kannelPassword)&to=%2B33612345678&text=Bonjour",
                port: port)
            #expect(sms?.status == 202)
            #expect(sms.map { String(decoding: $0.body, as: UTF8.self) } == "0: Accepted for delivery")
            let twilio = try TwilioSimulatorTests.right()
            let texted = try await WireClient.send(
                "POST", "/2010-04-01/Accounts/\(world.twilioAccount)/Messages.json", headers: twilio.headers,
                body: TwilioSimulatorTests.form.filter { $0.name != "StatusCallback" }.encoded, port: port)
            #expect(texted?.status == 201)

            for channel in [Channel.apns, .fcm, .webpush, .messenger] { #expect(sandbox.receipts.count(channel) == 1) }
            #expect(sandbox.receipts.count(.sms) == 2)
            #expect(sandbox.receipts.duplicates().isEmpty)
        }
    }

    /// Method, path, status, a word of the answer.
    static let strays: [(String, String, Int, String)] = [
        ("GET", "/3/device/abc", 405, "MethodNotAllowed"), ("POST", "/3/devices/abc", 404, "BadPath"),
        ("POST", "/3/device/", 400, "MissingDeviceToken"), ("POST", "/wpush/a/b", 404, "102"),
        ("POST", "/v1/projects/p/messages", 404, "NOT_FOUND"), ("POST", "/cgi-bin/sendsms", 400, "Invalid content-type"),
        ("GET", "/cgi-bin/other", 404, "Unknown request."), ("POST", "/v25.0/1/messages", 400, "OAuthException"),
        ("GET", "/nothing", 404, "no such resource"),
    ]

    @Test func `answers a stray request as the provider would`() async throws {
        try await Self.run { (_, port) async throws in
            for (method, path, status, word) in Self.strays {
                let answer = try #require(try await WireClient.send(method, path, port: port))
                #expect(answer.status == status, "\(method) \(path)")
                #expect(String(decoding: answer.body, as: UTF8.self).contains(word), "\(method) \(path)")
            }
        }
    }

    @Test func `keeps receipts of what it took and of what it refused`() async throws {
        try await Self.run { (sandbox, port) async throws in
            _ = try await Self.apns(port)
            _ = try await Self.apns(port)
            _ = try await Self.apns(port) { $0.set("apns-topic", nil) }
            #expect(sandbox.receipts.accepted(.apns, by: APNsSimulatorTests.token).count == 2)
            #expect(sandbox.receipts.all(.apns, to: APNsSimulatorTests.token).map(\.status) == [200, 200, 400])
            #expect(sandbox.receipts.duplicates(.apns).map(\.value) == [2])
            let list = try await WireClient.send(
                "GET", "/sandbox/receipts?channel=apns&address=\(APNsSimulatorTests.token)", port: port)
            #expect(list?.json?["data"]?.array?.map { $0["sequence"]?.int } == [1, 2, 3])
            #expect(list?.json?["data"]?.array?.first?["text"] == "Bonjour\nC'est parti")
            let summary = try await WireClient.send("GET", "/sandbox/summary", port: port)
            #expect(summary?.json?["channels"]?["apns"] == ["taken": 2, "answers": ["200": 2, "400": 1], "duplicates": 1])
        }
    }

    @Test func `appends a line per receipt to a file before it answers`() async throws {
        let path = "/tmp/sandbox-receipts-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(path) }
        var settings = SandboxSettings()
        settings.receiptFile = path
        try await Self.run(settings) { (_, port) async throws in
            _ = try await Self.apns(port)
            let file = try #require(fopen(path, "r"))
            var line = [UInt8](repeating: 0, count: 4_096)
            let count = fread(&line, 1, line.count, file)
            fclose(file)
            let receipt = try JSONValue(parsing: Array(line[..<count]).dropLast())
            #expect(receipt["address"]?.string == APNsSimulatorTests.token)
            #expect(receipt["taken"] == true)
        }
    }

    @Test func `shows the faults it was told, by address and by share`() async throws {
        try await Self.run { (sandbox, port) async throws in
            let dead = String(repeating: "de", count: 32)
            let body: JSONValue = [
                ["kind": "gone", "channel": "apns", "address": .string(dead)],
                ["kind": "throttled", "retry_after": 3, "channel": "apns", "times": 1],
            ]
            let told = try await WireClient.send("POST", "/sandbox/faults", body: body.bytes, port: port)
            #expect(told?.status == 204)
            let gone = try await Self.apns(port, token: dead)
            #expect(gone?.status == 410)
            #expect(gone?.json == ["reason": "Unregistered", "timestamp": .int(Fixture.now.milliseconds)])
            #expect(try await Self.apns(port)?.status == 429)
            #expect(try await Self.apns(port)?.status == 200)
            // A fault never hides a sender's mistake.
            #expect(try await Self.apns(port, token: dead) { $0.set("apns-topic", nil) }?.status == 400)
            let bad = try await WireClient.send("POST", "/sandbox/faults", body: Array("{\"kind\":\"goon\"}".utf8), port: port)
            #expect(bad?.status == 400)
            #expect(sandbox.receipts.count(.apns) == 1)
        }
    }

    @Test func `cuts connections before and after it takes the message`() async throws {
        try await Self.run { (sandbox, port) async throws in
            sandbox.faults.add(Fault(.cutBeforeReading, times: 1))
            #expect(try await Self.apns(port) == nil)
            #expect(sandbox.receipts.total == 0)
            sandbox.faults.add(Fault(.cutAfterReading, times: 1))
            #expect(try await Self.apns(port) == nil)
            #expect(sandbox.receipts.accepted(.apns, by: APNsSimulatorTests.token).map(\.status) == [0])
            #expect(try await Self.apns(port)?.status == 200)
            #expect(sandbox.receipts.duplicates().count == 1)
        }
    }

    @Test func `answers late when told to stall`() async throws {
        try await Self.run { (sandbox, port) async throws in
            sandbox.faults.add(Fault(.stall(seconds: 0.2), times: 1))
            let start = SystemTime().monotonicMilliseconds
            #expect(try await Self.apns(port)?.status == 200)
            #expect(SystemTime().monotonicMilliseconds - start >= 200)
        }
    }

    @Test func `calls status URLs and webhooks itself`() async throws {
        let calls = Lock<[String]>([])
        var router = Router()
        let handler: Handler = { request in
            let body = (try? await request.body.collect(upTo: 65_536)) ?? []
            calls.withLock { $0.append(request.target + " " + String(decoding: body, as: UTF8.self)) }
            return Response(status: 200)
        }
        router.on(.GET, "/hooks/sms", handler)
        router.on(.POST, "/hooks/page", handler)
        let customer = try Server(ServerConfiguration(), router: router)
        let address = "127.0.0.1:\(try customer.start())"
        var settings = SandboxSettings()
        settings.messenger.callbackURL = "https://push.example.com/hooks/page"
        settings.callbackAddress = address
        try await Self.run(settings) { (sandbox, port) async throws in
            let world = sandbox.world
            let dlr = "https%3A%2F%2Fpush.example.com%2Fhooks%2Fsms%3Fs%3D%25d"
            let sms = "/cgi-bin/sendsms?username=\(world.kannelUser)&password=\(world.kannelPassword)&to=33612345678&text=a&dlr-mask=31&dlr-url=\(dlr)"
            #expect(try await WireClient.send("GET", sms, port: port)?.status == 202)
            sandbox.faults.add(Fault(.undelivered, channel: .sms, times: 1))
            #expect(try await WireClient.send("GET", sms, port: port)?.status == 202)
            let inbound: JSONValue = ["address": .string(MessengerSimulatorTests.psid), "text": "STOP"]
            #expect(try await WireClient.send("POST", "/sandbox/inbound", body: inbound.bytes, port: port)?.status == 202)
            await sandbox.sender?.settle()
            let made = calls.withLock { $0 }
            #expect(made.prefix(4) == ["/hooks/sms?s=8 ", "/hooks/sms?s=1 ", "/hooks/sms?s=8 ", "/hooks/sms?s=2 "])
            #expect(made.last?.contains("\"text\":\"STOP\"") == true)
            #expect(sandbox.sender?.counters == CallbackSender.Counters(delivered: 5, failed: 0))
        }
        await customer.drain()
    }

    @Test func `leaves callbacks to the caller, once`() async throws {
        var settings = SandboxSettings()
        settings.deliversCallbacks = false
        settings.messenger.callbackURL = "http://127.0.0.1:1/hooks/page"
        try await Self.run(settings) { (sandbox, port) async throws in
            let chat = try MessengerSimulatorTests.right()
            let target = "/" + chat.segments.joined(separator: "/") + "?appsecret_proof=" + (try MessengerSimulatorTests.proof())
            _ = try await WireClient.send("POST", target, headers: chat.headers, body: chat.body, port: port)
            #expect(sandbox.pendingCallbacks().count == 1)
            #expect(sandbox.pendingCallbacks().isEmpty)
        }
    }

    @Test func `knows its own addresses from all others`() async throws {
        var settings = SandboxSettings()
        settings.knowsOnlyItsOwn = true
        try await Self.run(settings) { (sandbox, port) async throws in
            #expect(try await Self.apns(port)?.json?["reason"] == "BadDeviceToken")
            #expect(try await Self.apns(port, token: sandbox.world.book.apnsToken(123_456))?.status == 200)
            let list = try await WireClient.send("GET", "/sandbox/addresses?channel=webpush&first=5&count=2", port: port)
            let first = list?.json?["data"]?.array?.first
            #expect(first?["endpoint"]?.string == sandbox.world.book.webPush(5, origin: "http://127.0.0.1:\(port)").endpoint)
        }
    }
}

extension [(name: String, value: String)] {
    var encoded: [UInt8] { FormCoding.encode(self) }
}
