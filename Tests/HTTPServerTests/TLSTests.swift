import Foundation
import HTTPServer
import OpenSSL
import Testing

/// The server behind TLS, judged by Python's ssl module.
@Suite struct TLSTests {
    @Test(arguments: [
        "tls12", "tls13", "tls11", "weak_ciphers", "alpn", "resumption", "bodies", "pipelining", "slow_reader", "pieces", "closing", "truncation",
        "not_tls", "half_handshake",
    ]) func `stands the look from outside`(check: String) async throws {
        let files = try CertificateFiles()
        let credentials = TLSCredentials(try files.context())
        try await withServer({
            $0.tls = credentials
            $0.handshakeMilliseconds = 1_000
        }) { port, server in
            let verdict = try run("python3", [Self.judge, check, "\(port)", files.certificate])
            #expect(verdict.status == 0, "\(verdict.output)")
            if check == "half_handshake" { #expect(server.counters.rejected["tls_handshake_timeout"] == 20) }
            if check == "not_tls" { #expect(server.counters.rejected["tls_handshake_failed", default: 0] >= 5) }
        }
    }

    @Test func `gives a replaced certificate to new connections only`() async throws {
        let (old, new) = (try CertificateFiles(), try CertificateFiles())
        let credentials = TLSCredentials(try old.context())
        try await withServer({ $0.tls = credentials }) { port, _ in
            #expect(try run("python3", [Self.judge, "tls13", "\(port)", old.certificate]).status == 0)
            credentials.replace(with: try new.context())
            #expect(try run("python3", [Self.judge, "tls13", "\(port)", new.certificate]).status == 0)
            #expect(try run("python3", [Self.judge, "tls13", "\(port)", old.certificate]).status != 0)
        }
    }

    @Test func `refuses a key of another certificate, and what is no certificate`() throws {
        let (one, other) = (try CertificateFiles(), try CertificateFiles())
        let chain = Array(try Data(contentsOf: URL(filePath: one.certificate)))
        let key = Array(try Data(contentsOf: URL(filePath: other.key)))
        #expect(throws: OpenSSLError(call: "TLS key", reason: "does not belong to the first certificate of the chain")) { try TLSContext(chain: chain, key: key) }
        #expect(throws: OpenSSLError(call: "TLS certificate", reason: "the file holds no PEM certificate")) { try TLSContext(chain: key, key: key) }
        #expect(throws: OpenSSLError.self) { try TLSContext(chain: chain, key: chain) }
        #expect(throws: OpenSSLError.self) { try TLSContext(chain: [], key: []) }
        let left = try one.context().expiresAt - Int64(Date().timeIntervalSince1970)
        #expect((29 * 86_400...31 * 86_400).contains(left))
    }

    @Test func `refuses a key that is too short to be safe`() throws {
        let weak = try CertificateFiles(key: "rsa:1024")
        #expect(throws: OpenSSLError.self) { try weak.context() }
    }

    private static let judge = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Judges/tls_judge.py").path
}

/// A self-signed certificate for localhost, made by the openssl command, gone with its last user.
final class CertificateFiles {
    let folder: URL
    var certificate: String { folder.appending(path: "certificate.pem").path }
    var key: String { folder.appending(path: "key.pem").path }

    init(key kind: String = "ec") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "clairon-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let curve = kind == "ec" ? ["-pkeyopt", "ec_paramgen_curve:P-256"] : []
        let made = try run("openssl", ["req", "-x509", "-newkey", kind] + curve + [
            "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "30", "-keyout", key, "-out", certificate,
        ])
        try #require(made.status == 0, "\(made.output)")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func context() throws -> TLSContext {
        try TLSContext(chain: Array(try Data(contentsOf: URL(filePath: certificate))), key: Array(try Data(contentsOf: URL(filePath: key))))
    }
}

/// Runs a program to its end.
private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}
