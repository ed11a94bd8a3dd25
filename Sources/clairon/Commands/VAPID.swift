import ArgumentParser
import Core
import Glibc
import OpenSSL

struct VAPID: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vapid", abstract: "Web push keys (RFC 8292).", subcommands: [Generate.self])

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key pair: the private key into a file, the public key to the screen.",
            discussion: """
                The public key is what a site passes to pushManager.subscribe as applicationServerKey. A subscription is bound \
                to it: losing the private key loses every subscription.
                """)

        @Option(help: "Where to write the private key (PEM). An existing file is never overwritten.")
        var out = "vapid.pem"

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let key = try P256.SigningKey.generate()
            let file = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard file >= 0 else {
                throw Failed("\(out): \(String(cString: strerror(errno)))\(errno == EEXIST ? "; choose another name with --out" : "")")
            }
            defer { close(file) }
            let pem = try key.pem()
            guard pem.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == pem.count, fsync(file) == 0 else {
                throw Failed("\(out): \(String(cString: strerror(errno)))")
            }
            let publicKey = Base64URL.encode(key.publicPoint)
            if json {
                print(JSONValue.object(["private_key_file": .string(out), "public_key": .string(publicKey)]).text)
            } else {
                print("private key: \(out) (keep it, name it as vapid_key_file)\npublic key:  \(publicKey)")
            }
        }
    }
}
