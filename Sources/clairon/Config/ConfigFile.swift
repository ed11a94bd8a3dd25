import API
import Core
import FoundationEssentials
import Storage

extension Config {
    /// Where a configuration is looked for when no path is given.
    static let defaultPaths = ["./config.json", "/etc/clairon/config.json"]

    /// Reads and checks a file; relative paths in it are relative to it.
    static func load(from given: String?) throws -> (config: Config, path: String) {
        guard let path = given ?? defaultPaths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw ConfigError(path: defaultPaths.joined(separator: " or "), problems: [
                "not found: copy config.example.json there, or name a file with --config",
            ])
        }
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ConfigError(path: path, problems: ["cannot be read: check that it exists and that this user may read it"])
        }
        return (try Config(parsing: bytes, path: path), path)
    }

    init(parsing bytes: [UInt8], path: String) throws(ConfigError) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw ConfigError(path: path, problems: ["is not valid JSON: \(error)"])
        }
        let errors = FieldErrors()
        if let reader = ObjectReader(json, errors: errors) {
            read(reader, base: URL(filePath: path).deletingLastPathComponent())
        }
        guard errors.isEmpty else { throw ConfigError(path: path, errors: errors.list) }
    }

    private mutating func read(_ reader: ObjectReader, base: URL) {
        var reader = reader
        if let text = reader.string("listen") {
            if let address = ListenAddress(text) {
                listen = address
            } else {
                reader.fail("listen", "invalid_value", "must be host:port, such as 127.0.0.1:8080 (got \(text))")
            }
        }
        if let text = reader.string("public_url") {
            if text.hasPrefix("https://") || text.hasPrefix("http://") {
                publicURL = text.hasSuffix("/") ? String(text.dropLast()) : text
            } else {
                reader.fail("public_url", "invalid_value", "must be an http or https URL without a path (got \(text))")
            }
        }
        if let folder = reader.string("data_dir") { dataFolder = base.resolve(folder) }
        if reader.value("tls") != .null, var tls = reader.reader("tls") {
            if let certificate = tls.requiredString("certificate_file"), let key = tls.requiredString("key_file") {
                self.tls = TLSFiles(certificate: base.resolve(certificate), key: base.resolve(key))
            }
            tls.finish()
        }
        if var limits = reader.reader("limits") {
            if let bytes = limits.int("max_body_bytes", in: 1_024...(64 << 20)) { self.limits.maxBodyBytes = Int(bytes) }
            if let bytes = limits.int("pending_write_bytes", in: 8 << 20...(16 << 30)) { self.limits.maxPendingWriteBytes = Int(bytes) }
            if let bytes = limits.int("waiting_import_bytes", in: 1 << 20...(1 << 40)) { self.limits.maxWaitingImportBytes = Int(bytes) }
            if let count = limits.int("max_connections", in: 16...100_000) { self.limits.maxConnections = Int(count) }
            if let count = limits.int("max_connections_per_address", in: 1...100_000) { self.limits.maxConnectionsPerAddress = Int(count) }
            let perSecond = limits.int("requests_per_second", in: KeyRate.range)
            let burst = limits.int("requests_burst", in: KeyRate.range)
            if perSecond != nil || burst != nil {
                self.limits.access.rate = KeyRate(perSecond: perSecond ?? self.limits.access.rate.perSecond, burst: burst)
            }
            if let count = limits.int("failed_authentications_per_minute", in: 0...60_000) { self.limits.access.failuresPerMinute = count }
            limits.finish()
        }
        for (index, text) in (reader.strings("trusted_proxies", maxCount: 100, maxBytes: 64) ?? []).enumerated() {
            if let network = IPNetwork(text) {
                limits.access.trustedProxies.append(network)
            } else {
                reader.errors.add(JSONPointer.join(reader.pointer(to: "trusted_proxies"), index), "invalid_value",
                                  "must be an address or a block such as 127.0.0.1 or 10.0.0.0/8 (got \(text))")
            }
        }
        if var webhooks = reader.reader("webhooks") {
            self.webhooks.allowPrivateEndpoints = webhooks.bool("allow_private_endpoints") ?? false
            self.webhooks.caFile = webhooks.string("ca_file").map(base.resolve)
            webhooks.finish()
        }
        if let value = reader.value("accounts") {
            if case .object(let object) = value {
                for member in object.members {
                    let pointer = JSONPointer.join(reader.pointer(to: "accounts"), member.name)
                    guard AccountConfig.isValid(name: member.name) else {
                        reader.errors.add(pointer, "invalid_value", "an account's name is 1 to 40 of a-z, 0-9, - and _")
                        continue
                    }
                    if let account = ObjectReader(member.value, at: pointer, errors: reader.errors) {
                        AccountConfig(name: member.name, account, base: base).map { accounts.append($0) }
                    }
                }
            } else {
                reader.fail("accounts", "wrong_type", "must be an object of account name to settings")
            }
        }
        reader.finish()
    }
}

extension URL {
    /// A path of the file, made absolute against the file's folder.
    func resolve(_ path: String) -> String {
        path.hasPrefix("/") ? path : appending(path: path).standardizedFileURL.path
    }
}
