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

    @Test func `what a provider is told of ends an opt-in is answered after the fence, a repeat too`() async throws {
        try await CampaignServer.run { server in
            // What the fence finds must be on the disk already.
            let optIns = Lock<[Bool?]>([])
            let store = server.store
            server.context.fence.register {
                let known = try? await store.subscription(account: "sms-fr", address: "+33612345678")
                optIns.withLock { $0.append(known?.optIn) }
            }
            _ = try await server.person("u1", phone: "+33612345678")
            server.time.advance(milliseconds: 1_000)
            func replies(_ words: String, _ id: String) async throws -> Int {
                #expect(try await server.reply(words, from: "33612345678", id: id).status == 200)
                return optIns.withLock { $0.count }
            }
            #expect(try await replies("Merci", "1") == 0)
            #expect(try await replies("STOP", "2") == 1)
            #expect(try await replies("STOP", "2") == 2)
            #expect(try await replies("START", "3") == 2)
            #expect(optIns.withLock { $0 } == [false, false])
            let stop = #"{"sender":{"id":"\#(HookFixtures.psid)"},"recipient":{"id":"1234567890"},"timestamp":\#(server.now),"message":{"mid":"m1","text":"STOP"}}"#
            #expect(try await server.messenger(stop).status == 200)
            #expect(optIns.withLock { $0.count } == 3)
        }
    }
}
