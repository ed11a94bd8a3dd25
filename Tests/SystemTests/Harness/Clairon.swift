import FoundationEssentials
import Glibc
import Linux

/// The built program, and how its commands are run.
enum Clairon {
    struct NotBuilt: Error, CustomStringConvertible {
        var description: String {
            "no clairon to test: build it (make test does) or name it with CLAIRON_BINARY"
        }
    }

    /// The root of the checkout.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// `CLAIRON_BINARY`, else what a release or a debug build has left.
    static func binary() throws -> String {
        let named = getenv("CLAIRON_BINARY").map { [String(cString: $0)] }
        let candidates = named ?? [root + "/.build/release/clairon", root + "/.build/debug/clairon"]
        guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else { throw NotBuilt() }
        return found
    }

    /// A debug build, which has failpoints.
    static func debugBinary() throws -> String {
        let candidates = [try binary(), root + "/.build/debug/clairon"]
        guard let found = candidates.first(where: { $0.contains("/debug/") && access($0, X_OK) == 0 }) else { throw NotBuilt() }
        return found
    }

    static func run(_ arguments: [String], in folder: TemporaryFolder) throws -> (end: ChildProcess.End, output: String, errors: String) {
        try ChildProcess.run([binary()] + arguments, in: folder)
    }

    /// A loopback port that was free a moment ago, for those whose number others must know before they start.
    static func freePort() throws -> Int {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard number >= 0 else { throw Errno.last("socket") }
        let socket = FileDescriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.rawValue, $0, length) == 0 && getsockname(socket.rawValue, $0, &length) == 0
            }
        }
        guard isBound else { throw Errno.last("bind") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
