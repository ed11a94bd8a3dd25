import Core
import Glibc
import OpenSSL
import Testing

@testable import Sandbox

@Suite struct SandboxWorldTests {
    @Test func `makes the same addresses and secrets from the same seed, and others from another`() throws {
        let one = try AddressBook(seed: 1)
        let again = try AddressBook(seed: 1)
        let other = try AddressBook(seed: 2)
        #expect(one.apnsToken(7) == again.apnsToken(7))
        #expect(one.fcmToken(7) == again.fcmToken(7))
        #expect(one.psid(7) == again.psid(7))
        #expect(one.webPush(7, origin: "http://a") == again.webPush(7, origin: "http://a"))
        #expect(one.apnsToken(7) != other.apnsToken(7))
        #expect(try SandboxWorld.generate(seed: 1).vapidKey.publicPoint == SandboxWorld.generate(seed: 1).vapidKey.publicPoint)
    }

    @Test func `makes ten thousand different addresses of the right form, and knows each again`() throws {
        let book = try AddressBook(seed: 3)
        var seen: Set<String> = []
        for index in 0..<10_000 {
            let apns = book.apnsToken(index)
            let fcm = book.fcmToken(index)
            let psid = book.psid(index)
            let push = book.webPush(index, origin: "http://127.0.0.1:1")
            for text in [apns, fcm, psid, push.endpoint, push.auth, book.phone(index)] { seen.insert(text) }
            guard index % 100 == 0 else { continue }
            #expect(apns.utf8.count == 64 && book.isAPNsToken(apns))
            #expect(fcm.utf8.count > 140 && book.isFCMToken(fcm))
            #expect(psid.utf8.count == 16 && book.isPSID(psid))
            #expect(book.webPushIndex(ofID: String(push.endpoint.split(separator: "/").last ?? "")) == UInt64(index))
            #expect(Base64URL.decode(push.p256dh).map(P256.isPoint) == true)
            #expect(Base64URL.decode(push.auth)?.count == 16)
            #expect(PhoneNumber(e164: book.phone(index)) != nil)
        }
        #expect(seen.count == 60_000)
        #expect(!book.isAPNsToken(String(repeating: "0a", count: 32)))
        #expect(!book.isFCMToken(String(repeating: "a", count: 163)))
        #expect(!book.isPSID("2000000000000000"))
        #expect(book.webPushIndex(ofID: "AAAA") == nil)
    }

    @Test func `writes files that only their owner reads, and that hold the keys`() throws {
        let world = try Fixture.world.get()
        let folder = "/tmp/sandbox-world-\(UInt64.random(in: 0 ... .max))"
        let files = try world.writeFiles(into: folder, origin: "http://127.0.0.1:8089")
        let all = [
            files.apnsKey, files.serviceAccount, files.vapidKey, files.pageToken, files.appSecret, files.verifyToken,
            files.kannelPassword, files.twilioAuthToken,
        ]
        defer {
            all.forEach { unlink($0) }
            rmdir(folder)
        }
        for path in all {
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        func read(_ path: String) -> [UInt8] {
            guard let file = fopen(path, "r") else { return [] }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 16_384)
            return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
        }
        #expect(try P256.SigningKey(pem: read(files.apnsKey)).publicPoint == world.apnsKey.publicPoint)
        let account = try JSONValue(parsing: read(files.serviceAccount))
        #expect(account["token_uri"] == "http://127.0.0.1:8089/token")
        #expect(throws: Never.self) { try RSA.SigningKey(pem: Array((account["private_key"]?.string ?? "").utf8)) }
        // A second time over the first.
        _ = try world.writeFiles(into: folder, origin: "http://127.0.0.1:8090")
        let accounts = world.accounts(files, settings: SandboxSettings(), origin: "http://127.0.0.1:8090")
        #expect(accounts.object?.members.map(\.name) == ["ios-main", "android-main", "web", "page", "sms-fr"])
    }
}

@Suite struct FaultsTests {
    @Test func `hits the share that was asked for, the same with the same seed`() {
        func hits(_ seed: UInt64) -> [Bool] {
            let faults = Faults(seed: seed)
            faults.add(Fault(.refuse(.internalError), share: 0.1))
            return (0..<10_000).map { faults.strike(.apns, "\($0)") { _ in true } != nil }
        }
        let first = hits(1)
        #expect((800...1_200).contains(first.count(where: \.self)))
        #expect(first == hits(1))
        #expect(first != hits(2))
    }

    @Test func `keeps a dead address dead`() {
        let faults = Faults(seed: 1)
        faults.add(Fault(.refuse(.gone), share: 0.5))
        for index in 0..<100 {
            let first = faults.strike(.fcm, "\(index)") { _ in true }
            #expect(faults.strike(.fcm, "\(index)") { _ in true } == first)
        }
    }

    static let faults: [Fault] = [
        Fault(.refuse(.gone), channel: .apns, address: "a"), Fault(.refuse(.throttled(retryAfterSeconds: 3)), share: 0.5),
        Fault(.refuse(.internalError), times: 2), Fault(.refuse(.unavailable(retryAfterSeconds: nil))),
        Fault(.refuse(.named("BadDeviceToken"))), Fault(.stall(seconds: 1.5)), Fault(.cutBeforeReading),
        Fault(.cutAfterReading), Fault(.undelivered, channel: .sms),
    ]

    @Test(arguments: faults) func `is read as it is written`(_ fault: Fault) {
        let errors = FieldErrors()
        #expect(Fault(fault.json, at: "", errors: errors) == fault)
        #expect(errors.isEmpty)
    }

    @Test func `refuses what it does not know`() {
        for text in ["{}", "{\"kind\":\"goon\"}", "{\"kind\":\"gone\",\"shar\":1}", "{\"kind\":\"answer\"}", "{\"kind\":\"gone\",\"share\":2}"] {
            let errors = FieldErrors()
            let value = try? JSONValue(parsing: Array(text.utf8))
            #expect(Fault(value ?? .null, at: "", errors: errors) == nil)
            #expect(!errors.isEmpty)
        }
    }
}
