import FoundationEssentials
import OpenSSL

/// The certificate chain and the key that the server shows, as PEM files.
struct TLSFiles: Sendable {
    let certificate: String
    let key: String

    /// - Throws: `ConfigError` naming the file and what is wrong with it.
    func load(path: String) throws(ConfigError) -> TLSContext {
        let chain: [UInt8]
        let secret: [UInt8]
        do {
            chain = Array(try Data(contentsOf: URL(filePath: certificate)))
        } catch {
            throw ConfigError(path: path, problems: ["tls.certificate_file: \(certificate): does not exist or cannot be read by this user"])
        }
        do throws(SecretFile.Unusable) {
            secret = try SecretFile.read(key)
        } catch {
            throw ConfigError(path: path, problems: ["tls.key_file: \(error)"])
        }
        do {
            return try TLSContext(chain: chain, key: secret)
        } catch {
            throw ConfigError(path: path, problems: ["tls: \(certificate) and \(key) do not work together: \(error)"])
        }
    }
}
