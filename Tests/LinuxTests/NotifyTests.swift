import Glibc
import Linux
import Testing

@Suite struct NotifyTests {
    private func datagramSocket() throws -> FileDescriptor {
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(number >= 0)
        return FileDescriptor(owning: number)
    }

    /// Binds to an abstract name that the kernel picks (unix(7), autobind).
    private func bindAnyName(_ number: Int32) -> String {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var length = socklen_t(MemoryLayout<sa_family_t>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(number, $0, length)
                length = socklen_t(MemoryLayout<sockaddr_un>.size)
                _ = getsockname(number, $0, &length)
            }
        }
        let count = Int(length) - MemoryLayout<sa_family_t>.size
        let bytes = withUnsafeBytes(of: &address.sun_path) { Array($0.prefix(count).dropFirst()) }
        return "@" + String(decoding: bytes, as: UTF8.self)
    }

    @Test func `tells an abstract socket that the service is ready`() throws {
        let descriptor = try datagramSocket()
        let name = bindAnyName(descriptor.rawValue)
        #expect(try Notify(path: name).send(.ready, status: "serving\nfour loops"))
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        try #require(count > 0)
        #expect(String(decoding: buffer.prefix(count), as: UTF8.self) == "READY=1\nSTATUS=serving four loops")
    }

    @Test func `does nothing when no service manager asked`() throws {
        #expect(try Notify(path: nil).send(.watchdog) == false)
        #expect(try Notify(path: "").send(.stopping) == false)
    }

    @Test(arguments: ["relative/path", "/\(String(repeating: "a", count: 200))"])
    func `refuses a path that cannot be a socket`(path: String) {
        #expect(throws: Errno.self) { try Notify(path: path).send(.ready) }
    }

    @Test func `reports a socket that nobody listens on`() {
        #expect(throws: Errno.self) { try Notify(path: "/nonexistent/notify").send(.ready) }
    }
}
