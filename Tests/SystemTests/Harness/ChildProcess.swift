import FoundationEssentials
import Glibc
import Linux

/// A process that a test starts: its output goes to files, its end is waited for by its pid. What still runs when the last
/// reference goes is killed.
final class ChildProcess {
    enum End: Equatable, CustomStringConvertible {
        case exit(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .exit(let code): "exit \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    let pid: pid_t
    let name: String
    private let output: String
    private let errors: String
    private var end: End?

    /// - Parameters:
    ///   - command: the program's path and its arguments.
    ///   - log: where output and errors go; they are appended to `{log}.out` and `{log}.err`.
    ///   - input: a descriptor that becomes the standard input.
    ///   - errors: one that becomes standard error instead of the log.
    ///   - socket: one that is handed over as the first of sd_listen_fds(3).
    init(_ command: [String], log: String, environment: [String] = [], input: Int32? = nil, errors stream: Int32? = nil,
         socket: Int32? = nil) throws {
        name = command.first.map { String($0.split(separator: "/").last ?? "") } ?? ""
        output = log + ".out"
        errors = log + ".err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let stream {
            posix_spawn_file_actions_adddup2(&actions, stream, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        if let socket { posix_spawn_file_actions_adddup2(&actions, socket, 3) }
        var argv = command.map { strdup($0) } + [nil]
        let inherited = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"] + ChildProcess.sanitizers
        var envp = (environment + inherited).map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var started: pid_t = 0
        let failure = posix_spawn(&started, command.first ?? "", &actions, nil, &argv, &envp)
        guard failure == 0 else { throw Errno(call: "posix_spawn \(command.first ?? "")", code: failure) }
        pid = started
    }

    /// What `scripts/sanitize` tells the sanitizers of an instrumented program: where reports go, what to leave out.
    private static let sanitizers = ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "SWIFT_BACKTRACE"].compactMap { (name: String) -> String? in
        getenv(name).map { "\(name)=\(String(cString: $0))" }
    }

    /// Whether `scripts/sanitize` runs the tests.
    static var isSanitized: Bool { getenv("ASAN_OPTIONS") != nil || getenv("TSAN_OPTIONS") != nil }

    deinit {
        guard poll() == nil else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    var outputText: String { ChildProcess.text(of: output) }
    var errorText: String { ChildProcess.text(of: errors) }

    static func text(of path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// How it ended, or nil while it runs.
    func poll() -> End? {
        if let end { return end }
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        end = signal == 0 ? .exit((status >> 8) & 0xFF) : .signal(signal)
        return end
    }

    func send(_ signal: Int32) { if poll() == nil { kill(pid, signal) } }

    func wait(seconds: Double = 60) throws -> End {
        try Poll.until("the end of \(name)", seconds: seconds) { poll() }
    }

    /// Runs a command to its end.
    static func run(_ command: [String], in folder: TemporaryFolder, seconds: Double = 60) throws -> (end: End, output: String, errors: String) {
        let child = try ChildProcess(command, log: folder.fresh("run"))
        let end = try child.wait(seconds: seconds)
        return (end, child.outputText, child.errorText)
    }
}
