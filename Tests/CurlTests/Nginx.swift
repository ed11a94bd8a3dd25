import Glibc
import Linux

/// Debian's nginx on a loopback port that the system picked, with a certificate made for the test.
///
/// It speaks HTTP/2 over TLS, closes each connection with a GOAWAY after so many requests, reads every
/// request in full, and logs its path. Needs `nginx` and `openssl`; without them `init` throws.
final class Nginx {
    let url: String
    let caFile: String
    private let folder: String
    private let process: pid_t
    private var isRunning = true

    init(requestsPerConnection: Int) throws {
        var template = Array("/tmp/clairon-nginx-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno.last("mkdtemp") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        caFile = folder + "/cert.pem"
        try Self.wait(Self.spawn([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", folder + "/key.pem", "-out", caFile, "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ]))
        // nginx takes over a listening socket named in its environment: the port is open before it
        // starts, so nobody needs to wait, and the system has picked it.
        let (listener, port) = try Loopback.listen(backlog: 256)
        defer { close(listener) }
        url = "https://localhost:\(port)"
        try Self.write(Self.configuration(folder, port, requestsPerConnection), to: folder + "/nginx.conf")
        process = try Self.spawn(
            ["nginx", "-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"],
            environment: ["NGINX=\(listener);"])
    }

    deinit {
        if isRunning { _ = try? stop(cuttingConnections: true) }
        // Only a folder of this test's own is left behind if this fails.
        if let remove = try? Self.spawn(["rm", "-rf", folder]) { _ = try? Self.wait(remove) }
    }

    /// Makes nginx close all its connections at once and go, without waiting for it.
    func cutConnections() {
        kill(process, SIGTERM)
    }

    /// Ends nginx, by default once its connections are done, and tells the requests it has seen: path and length.
    func stop(cuttingConnections: Bool = false) throws -> [String] {
        isRunning = false
        kill(process, cuttingConnections ? SIGTERM : SIGQUIT)
        try Self.wait(process)
        return try Self.read(folder + "/seen.log").split(separator: "\n").map(String.init)
    }

    private static func configuration(_ folder: String, _ port: UInt16, _ requests: Int) -> String {
        """
        daemon off; user root; pid \(folder)/pid;
        events { worker_connections 512; }
        http {
          access_log off;
          log_format path '$request_uri $content_length';
          client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy; fastcgi_temp_path \(folder)/f;
          uwsgi_temp_path \(folder)/u; scgi_temp_path \(folder)/s;
          upstream seen { server unix:\(folder)/seen.sock; keepalive 32; keepalive_requests 1000000; }
          server {
            listen unix:\(folder)/seen.sock;
            keepalive_requests 1000000;
            access_log \(folder)/seen.log path;
            location / { return 200 "ok"; }
          }
          server {
            listen 127.0.0.1:\(port) ssl http2;
            ssl_certificate \(folder)/cert.pem; ssl_certificate_key \(folder)/key.pem;
            keepalive_requests \(requests);
            location / { proxy_pass http://seen; proxy_http_version 1.1; proxy_set_header Connection ""; }
          }
        }
        """
    }

    private static func spawn(_ arguments: [String], environment: [String] = []) throws -> pid_t {
        var process: pid_t = 0
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = (environment + ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]).map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var failure = ENOENT
        for folder in ["/usr/sbin/", "/usr/bin/"] where failure == ENOENT {
            failure = posix_spawn(&process, folder + arguments[0], &actions, nil, &argv, &envp)
        }
        guard failure == 0 else { throw Missing(program: arguments[0]) }
        return process
    }

    private static func wait(_ process: pid_t) throws {
        var status: Int32 = 0
        let ended = waitpid(process, &status, 0)
        guard ended == process, status == 0 else { throw Errno(call: "child process", code: status) }
    }

    private static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0, Glibc.write(file, text, text.utf8.count) == text.utf8.count else { throw Errno.last("write") }
        close(file)
    }

    private static func read(_ path: String) throws -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw Errno.last("open") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// A program that this test cannot do without.
    struct Missing: Error, CustomStringConvertible {
        let program: String
        var description: String { "\(program) is missing: apt-get install \(program)" }
    }
}
