import ArgumentParser
import Core
import Glibc
import Linux
import OpenSSL

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check configuration, credentials, clock and disk. Changes nothing, sends nothing.")

    @OptionGroup var options: ConfigOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let (config, path) = try options.load()
        var problems: [String] = []
        var warnings: [String] = []
        if let file = config.webhooks.caFile, access(file, R_OK) != 0 {
            problems.append("webhooks.ca_file: \(file): \(String(cString: strerror(errno)))")
        }
        for account in config.accounts {
            do throws(ConfigError) {
                _ = try LoadedAccount(account, publicURL: config.publicURL ?? "http://127.0.0.1:8080",
                                      callbackSecret: [UInt8](repeating: 0, count: 32), path: path)
            } catch {
                problems += error.problems
            }
            if let file = account.caFile, access(file, R_OK) != 0 {
                problems.append("accounts.\(account.account.name).ca_file: \(file): \(String(cString: strerror(errno)))")
            }
        }
        if let tls = config.tls { check(tls, path, &problems, &warnings) }
        if config.accounts.isEmpty { warnings.append("accounts: none is configured: nothing can be sent") }
        if config.publicURL == nil, config.accounts.contains(where: { $0.account.channel == .sms || $0.account.channel == .messenger }) {
            warnings.append("public_url: is not set: providers cannot report deliveries or replies")
        }
        for account in config.accounts {
            if case .kannel(_, _, _, nil, _) = account.settings {
                warnings.append("accounts.\(account.account.name).inbound_token_file: is not set: replies are refused, STOP among them")
            }
        }
        if let warning = DescriptorBudget(config, limit: DescriptorLimit.raise()).warning { warnings.append(warning) }
        checkFolder(config.dataFolder, &problems, &warnings)
        if SystemTime().wallMilliseconds < Check.earliest {
            problems.append("clock: says \(Timestamp(milliseconds: SystemTime().wallMilliseconds)): set it, tokens are refused otherwise")
        }
        report(path, config, problems, warnings)
        if !problems.isEmpty { throw ExitCode.config }
    }

    /// 2026-01-01: no build of this program is older.
    private static let earliest: Int64 = 1_767_225_600_000

    private func check(_ tls: TLSFiles, _ path: String, _ problems: inout [String], _ warnings: inout [String]) {
        do throws(ConfigError) {
            let left = try tls.load(path: path).expiresAt - SystemTime().wallMilliseconds / 1_000
            if left <= 0 {
                problems.append("tls.certificate_file: \(tls.certificate): has expired: renew it, then send SIGHUP")
            } else if left < 14 * 86_400 {
                warnings.append("tls.certificate_file: \(tls.certificate): expires in \(left / 86_400) days: renew it, then send SIGHUP")
            }
        } catch {
            problems += error.problems
        }
    }

    private func checkFolder(_ folder: String, _ problems: inout [String], _ warnings: inout [String]) {
        var status = stat()
        var existing = folder
        if stat(folder, &status) == 0 {
            if status.st_mode & 0o077 != 0 { problems.append("data_dir: \(folder) can be read by others: chmod 700 \(folder)") }
            if access(folder, W_OK | X_OK) != 0 { problems.append("data_dir: \(folder) is not writable by this user") }
        } else {
            existing = folder.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
            if existing.isEmpty { existing = "/" }
            if access(existing, W_OK) != 0 { problems.append("data_dir: \(folder) does not exist and cannot be made in \(existing)") }
        }
        var space = statvfs()
        if statvfs(existing, &space) == 0 {
            let free = UInt64(space.f_bavail) * UInt64(space.f_frsize)
            if free < 1 << 30 { warnings.append("data_dir: less than 1 GiB is free on its disk") }
        }
    }

    private func report(_ path: String, _ config: Config, _ problems: [String], _ warnings: [String]) {
        if json {
            print(JSONValue.object([
                "config": .string(path), "ok": .bool(problems.isEmpty),
                "accounts": .array(config.accounts.map { .string($0.account.name) }),
                "problems": .array(problems.map { .string($0) }), "warnings": .array(warnings.map { .string($0) }),
            ]).text)
            return
        }
        for problem in problems { print("error    \(problem)") }
        for warning in warnings { print("warning  \(warning)") }
        print(problems.isEmpty ? "\(path): ok, \(config.accounts.count) accounts" : "\(path): \(problems.count) problems")
    }
}
