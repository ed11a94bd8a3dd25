import FoundationEssentials
import Glibc
import Linux

/// A disk that can be full: a tmpfs of a few megabytes in a mount namespace of its own, which goes with this object. A server sees it
/// when it is started `within` it; its mount point is the temporary folder's `data`, as `ServerProcess` has it.
final class SmallDisk {
    /// Mounting takes root, or the right to make user namespaces; only the former is tried.
    static let isPossible = access("/usr/bin/nsenter", X_OK) == 0
        && ((try? ChildProcess.run(["/usr/bin/unshare", "--mount", "/bin/true"], in: TemporaryFolder()))?.end == .exit(0))

    private let holder: ChildProcess
    /// Where this process sees it.
    let path: String
    /// Kept open while the disk is full: what is deleted then frees nothing, such as the log that a start has copied.
    private var held: [Int32] = []

    init(megabytes: Int, in folder: TemporaryFolder) throws {
        let place = folder.path + "/data"
        guard mkdir(place, 0o700) == 0 else { throw Errno.last("mkdir") }
        let script = #"mount -t tmpfs -o size="$0"m,mode=0700 tmpfs "$1" && echo ready && exec sleep infinity"#
        let holder = try ChildProcess(["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "\(megabytes)", place], log: folder.fresh("disk"))
        self.holder = holder
        path = "/proc/\(holder.pid)/root\(place)"
        try Poll.until("the small disk") {
            if let end = holder.poll() { throw HTTPClient.Broken(description: "mount: \(end) \(holder.errorText)") }
            return holder.outputText == "ready\n"
        }
    }

    /// What runs a command that is to see the disk.
    var command: [String] { ["/usr/bin/nsenter", "--target", "\(holder.pid)", "--mount"] }

    /// Leaves no byte.
    func fill() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            let number = open(path + "/" + name, O_RDONLY | O_CLOEXEC)
            if number >= 0 { held.append(number) }
        }
        let number = open(path + "/ballast", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw Errno.last("open") }
        let file = FileDescriptor(owning: number)
        let block = [UInt8](repeating: 7, count: 4_096)
        while write(file.rawValue, block, block.count) > 0 {}
        guard errno == ENOSPC else { throw Errno.last("write") }
    }

    func makeRoom() throws {
        letGo()
        guard unlink(path + "/ballast") == 0 else { throw Errno.last("unlink") }
    }

    private func letGo() {
        for number in held { close(number) }
        held = []
    }

    deinit { letGo() }
}
