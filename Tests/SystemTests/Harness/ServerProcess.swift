import Core
import Glibc

/// `clairon serve` with a configuration and a data folder of its own, stopped and started again on the same port.
final class ServerProcess {
    let port: Int
    let dataFolder: String
    let configPath: String
    private let folder: TemporaryFolder
    private var process: ChildProcess?
    private var starts = 0
    private var logs: [String] = []
    private var environment: [String]
    private let descriptors: Int?
    private let socket: Int32?
    private let wrapper: [String]

    /// Writes the configuration and starts nothing.
    ///
    /// - Parameters:
    ///   - config: as for config.json; `listen` and `data_dir` are replaced.
    ///   - descriptors: its RLIMIT_NOFILE.
    ///   - socket: a listening socket that it gets from us; stays the caller's.
    ///   - command: a command that runs it, such as nsenter(1) with its arguments.
    init(_ config: JSONObject, port: Int, in folder: TemporaryFolder, environment: [String] = [], descriptors: Int? = nil,
         socket: Int32? = nil, within command: [String] = []) throws {
        self.descriptors = descriptors
        wrapper = command
        self.socket = socket
        self.folder = folder
        self.port = port
        self.environment = environment
        dataFolder = folder.path + "/data"
        configPath = folder.path + "/config.json"
        var config = config
        config["listen"] = .string("127.0.0.1:\(port)")
        config["data_dir"] = .string(dataFolder)
        try folder.write(JSONValue.object(config).text, to: configPath)
    }

    var http: HTTPClient { HTTPClient(port: port) }
    var pid: pid_t { process?.pid ?? 0 }
    /// How it ended, or nil while it runs.
    var end: ChildProcess.End? { process?.poll() }

    /// Everything its processes have logged so far.
    var log: String { logs.map { ChildProcess.text(of: $0 + ".err") + ChildProcess.text(of: $0 + ".out") }.joined() }

    /// Starts it without waiting for anything.
    ///
    /// - Parameter extra: for this start alone.
    func spawn(environment extra: [String] = []) throws {
        starts += 1
        logs.append("\(folder.path)/server-\(starts)")
        process = try ChildProcess(command(), log: logs[logs.count - 1], environment: environment + extra, socket: socket)
    }

    private func command() throws -> [String] {
        let serve = wrapper + [try Clairon.binary(), "serve", "--config", configPath]
        // LISTEN_PID is the process's own id, which only it knows before it is the server.
        if socket != nil { return ["/bin/sh", "-c", #"LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http exec "$0" "$@""#] + serve }
        return (descriptors.map { ["/usr/bin/prlimit", "--nofile=\($0)"] } ?? []) + serve
    }

    /// Waits until it listens and is ready.
    func waitUntilReady() throws {
        guard let process else { throw HTTPClient.Broken(description: "the server was not started") }
        try Poll.until("the server's readiness") { () throws -> Bool in
            if let end = process.poll() { throw HTTPClient.Broken(description: "the server ended: \(end) \(process.errorText)") }
            guard process.errorText.contains(" listening ") else { return false }
            return (try? http.send("GET", "/readyz").status) == 200
        }
    }

    func start() throws {
        try spawn()
        try waitUntilReady()
    }

    /// No signal handler runs, nothing is flushed.
    func killHard() throws {
        process?.send(SIGKILL)
        _ = try process?.wait()
    }

    /// Its own end.
    func wait() throws -> ChildProcess.End? { try process?.wait() }

    /// SIGTERM, and its end.
    func stop(seconds: Double = 60) throws -> ChildProcess.End? {
        process?.send(SIGTERM)
        return try process?.wait(seconds: seconds)
    }

    /// `clairon keys create`, with the server running or stopped.
    func createKey(_ arguments: [String] = ["--scopes", "all"]) throws -> String {
        let made = try ChildProcess.run(wrapper + [Clairon.binary(), "keys", "create", "--config", configPath, "--name", "tests", "--json"] + arguments,
                                        in: folder)
        guard made.end == .exit(0), let key = try JSONValue(parsing: Array(made.output.utf8))["key"]?.string else {
            throw HTTPClient.Broken(description: "keys create: \(made.end) \(made.errors)")
        }
        return key
    }

    func api() throws -> API { API(http: http, key: try createKey()) }
}
