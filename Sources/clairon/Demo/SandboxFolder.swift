import Core
import FoundationEssentials
import Glibc
import Linux
import Sandbox

/// A folder with all a server needs to run against the sandbox: credentials, and a config.json that names them.
struct SandboxFolder: Sendable {
    /// Absolute.
    let path: String

    var configPath: String { path + "/config.json" }

    /// Makes the folder when it is not there.
    init(at path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard let absolute = realpath(path, nil) else { throw Errno.last("realpath") }
        defer { free(absolute) }
        self.path = String(cString: absolute)
    }

    /// A new one, for as long as the demonstration runs.
    static func temporary() throws -> SandboxFolder {
        try SandboxFolder(at: FileManager.default.temporaryDirectory.path + "/clairon-demo-" + String(UInt64.random(in: .min ... .max), radix: 36))
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Writes credentials and configuration.
    ///
    /// - Parameters:
    ///   - origin: of the running sandbox.
    ///   - listen: of the server to be, such as `127.0.0.1:8080`; the sandbox's callbacks must go there.
    func write(_ world: SandboxWorld, settings: SandboxSettings, origin: String, listen: String) throws {
        let files = try world.writeFiles(into: path + "/credentials", origin: origin)
        var accounts = JSONObject()
        for member in world.accounts(files, settings: settings, origin: origin).object?.members ?? [] {
            guard var account = member.value.object else { continue }
            // The sandbox speaks HTTP/1.1, and simulators keep up with any pace from the start.
            account["http_version"] = "1.1"
            if account["channel"] == "fcm" { account["ramp"] = "PT0S" }
            if account["channel"] == "sms" { account["rate"] = ["per_second": 2_000] }
            accounts[member.name] = .object(account)
        }
        let config: JSONValue = [
            "listen": .string(listen), "public_url": .string("http://" + listen), "data_dir": "data", "accounts": .object(accounts),
        ]
        try Data(SandboxFolder.indented(config).utf8).write(to: URL(filePath: configPath), options: .atomic)
    }

    /// For people to read: two levels of members on lines of their own.
    private static func indented(_ config: JSONValue) -> String {
        func lines(_ json: JSONValue, _ indent: String, depth: Int) -> String {
            guard depth > 0, let members = json.object?.members else { return json.text }
            let inner = members.map { "\(indent)  \(JSONValue.string($0.name).text): \(lines($0.value, indent + "  ", depth: depth - 1))" }
            return "{\n" + inner.joined(separator: ",\n") + "\n\(indent)}"
        }
        return lines(config, "", depth: 3) + "\n"
    }
}
