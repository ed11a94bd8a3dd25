import ArgumentParser
import Foundation

/// `--config`, as every command that needs the configuration takes it.
struct ConfigOptions: ParsableArguments {
    @Option(help: "The configuration file. (default: ./config.json, then /etc/clairon/config.json)")
    var config: String?

    func load() throws -> (config: Config, path: String) {
        try checkingConfig { try Config.load(from: config) }
    }
}

/// Runs what may find the configuration wrong: prints every problem to standard error and ends with 78.
func checkingConfig<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as ConfigError {
        FileHandle.standardError.write(Data((error.description + "\n").utf8))
        throw ExitCode.config
    }
}
