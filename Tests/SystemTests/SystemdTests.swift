import Core
import Glibc
import Linux
import Testing

extension SystemTests {
    @Suite struct SystemdTests {
        private static let analyzer = "/usr/bin/systemd-analyze"

        @Test(.enabled(if: access(analyzer, X_OK) == 0)) func `systemd rates the exposure of the unit at 1.5 or less`() throws {
            let folder = try TemporaryFolder()
            let run = try ChildProcess.run([Self.analyzer, "security", "--offline=yes", "--no-pager", Clairon.root + "/deploy/clairon.service"], in: folder)
            #expect(run.end == .exit(0), "\(run.errors)")
            // "→ Overall exposure level for clairon.service: 1.2 OK 🙂"
            let words = run.output.split(separator: "Overall exposure level for clairon.service: ").last?.split(separator: " ").first
            let level = try #require(words.flatMap { Double(String($0)) }, "\(run.output.suffix(200))")
            #expect(level <= 1.5)
        }

        @Test func `the service manager hears READY, the watchdog's pings and STOPPING`() throws {
            let folder = try TemporaryFolder()
            let listener = try NotifyListener(path: folder.path + "/notify")
            let server = try ServerProcess([:], port: Clairon.freePort(), in: folder,
                                           environment: ["NOTIFY_SOCKET=\(listener.path)", "WATCHDOG_USEC=600000"])
            try server.start()
            #expect(try listener.next() == "READY=1")
            #expect(try listener.next() == "WATCHDOG=1")
            #expect(try listener.next() == "WATCHDOG=1")
            let end = try server.stop()
            #expect(end == .exit(0))
            while true {
                let word = try listener.next()
                if word == "STOPPING=1" { break }
                #expect(word == "WATCHDOG=1")
            }
        }
    }
}

/// The service manager's end of sd_notify(3).
private final class NotifyListener {
    let path: String
    private let socket: FileDescriptor

    init(path: String) throws {
        self.path = path
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { throw Errno.last("socket") }
        socket = FileDescriptor(owning: number)
        try NotifyListener.bind(number, to: path)
    }

    private static func bind(_ number: Int32, to path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound else { throw Errno.last("bind") }
    }

    /// The next message, within 20 seconds.
    func next() throws -> String {
        guard Poll.readable(socket.rawValue, milliseconds: 20_000) else { throw Poll.TooLate(description: "no word to the service manager") }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = recv(socket.rawValue, &bytes, bytes.count, 0)
        guard count > 0 else { throw Errno.last("recv") }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
