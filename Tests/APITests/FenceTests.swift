import API
import Core
import Linux
import Storage
import Testing

@Suite struct FenceTests {
    @Test func `what ends an opt-in is answered after the fence, and nothing else waits for it`() async throws {
        try await CampaignServer.run { server in
            let passes = Lock(0)
            server.context.fence.register { passes.withLock { $0 += 1 } }
            let id = try await server.person("u1", phone: "+33612345678").id
            func register(_ optIn: Bool) -> String {
                #"{"profile":"u1","channel":"sms","account":"sms-fr","address":"+33612345678","opt_in":\#(optIn),"consent":{"source":"form"}}"#
            }
            let calls: [(method: String, target: String, body: String?, waits: Bool)] = [
                ("POST", "/v1/subscriptions", register(true), false),
                ("POST", "/v1/subscriptions/\(id)/opt-in", nil, false),
                ("POST", "/v1/subscriptions/\(id)/opt-out", nil, true),
                ("POST", "/v1/subscriptions", register(false), true),
                ("PATCH", "/v1/profiles/u1", "{}", false),
                ("DELETE", "/v1/subscriptions/\(id)", nil, true),
                ("DELETE", "/v1/profiles/u1", nil, true),
            ]
            for call in calls {
                let before = passes.withLock { $0 }
                let reply = try await server.send(call.method, call.target, call.body)
                #expect((200...299).contains(reply.status), "\(call.target): \(reply.text)")
                #expect(passes.withLock { $0 } - before == (call.waits ? 1 : 0), "\(call.method) \(call.target)")
            }
        }
    }
}
