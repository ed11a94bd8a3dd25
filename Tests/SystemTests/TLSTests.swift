import Core
import Testing

extension SystemTests {
    /// The server's own TLS before sslyze and Mozilla's "intermediate" configuration.
    @Suite struct TLSTests {
        @Test(arguments: [["ec", "ec_paramgen_curve:P-256"], ["rsa", "rsa_keygen_bits:2048"]])
        func `a scanner finds nothing but TLS 1.2 and 1.3 with forward secrecy and AEAD`(_ key: [String]) throws {
            let folder = try TemporaryFolder()
            try Self.makeCertificate(key, in: folder)
            let server = try ServerProcess(["tls": ["certificate_file": "cert.pem", "key_file": "key.pem"]], port: Clairon.freePort(), in: folder)
            try server.spawn()
            try Poll.until("the listener") { server.log.contains(" listening ") }
            let python = "\(Clairon.root)/.build/tls-judge/bin/python"
            let scan = try ChildProcess.run(
                [python, "-m", "sslyze", "localhost:\(server.port){127.0.0.1}", "--json_out", "\(folder.path)/scan.json",
                 "--certinfo_ca_file", "\(folder.path)/ca.pem", "--mozilla_config", "intermediate", "--resum", "--early_data", "--reneg"], in: folder)
            let isStillThere = try server.stop() == .exit(0)

            #expect(scan.end == .exit(0), "\(scan.output) \(scan.errors)")
            #expect(isStillThere)
            let results = try Self.results(of: "\(folder.path)/scan.json", python, in: folder)
            func result(_ command: String, _ field: String) -> JSONValue? {
                #expect(results[command]?["status"] == "COMPLETED", "\(command)")
                return results[command]?["result"]?[field]
            }
            for version in ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"] { #expect(result("\(version)_cipher_suites", "is_tls_version_supported") == false, "\(version)") }
            for version in ["tls_1_2", "tls_1_3"] {
                let suites = result("\(version)_cipher_suites", "accepted_cipher_suites")?.array?.compactMap { $0["cipher_suite"]?["name"]?.string } ?? []
                #expect(suites.count == 3 && suites.allSatisfy { $0.contains("_GCM_") || $0.contains("_CHACHA20_POLY1305") }, "\(version): \(suites)")
            }
            #expect(result("elliptic_curves", "supported_curves")?.array?.compactMap { $0["name"]?.string } == ["X25519", "secp256r1", "secp384r1"])
            #expect(result("session_renegotiation", "supports_secure_renegotiation") == true)
            #expect(result("session_renegotiation", "client_renegotiations_success_count") == 0)
            #expect(result("session_resumption", "tls_ticket_resumption_result") == "FULLY_SUPPORTED")
            #expect(result("tls_1_3_early_data", "supports_early_data") == false)
            #expect(result("tls_compression", "supports_compression") == false)
            #expect(result("tls_fallback_scsv", "supports_fallback_scsv") == true)
            #expect(result("tls_extended_master_secret", "supports_ems_extension") == true)
            #expect(result("heartbleed", "is_vulnerable_to_heartbleed") == false)
            #expect(result("openssl_ccs_injection", "is_vulnerable_to_ccs_injection") == false)
            #expect(result("robot", "robot_result") == "NOT_VULNERABLE_RSA_NOT_SUPPORTED")
        }

        /// What each scan found; without the certificates, whose serial numbers are larger than our integers.
        private static func results(of file: String, _ python: String, in folder: TemporaryFolder) throws -> JSONValue {
            let program = #"""
                import json, sys
                results = json.load(open(sys.argv[1]))["server_scan_results"][0]["scan_result"]
                del results["certificate_info"]
                print(json.dumps(results))
                """#
            let read = try ChildProcess.run([python, "-c", program, file], in: folder)
            guard read.end == .exit(0) else { throw HTTPClient.Broken(description: read.errors) }
            return try JSONValue(parsing: Array(read.output.utf8), limits: JSONLimits(members: 100_000))
        }

        /// `ca.pem`, and from it `cert.pem` and `key.pem` for localhost, with all the extensions that RFC 5280 asks for.
        private static func makeCertificate(_ key: [String], in folder: TemporaryFolder) throws {
            func request(_ arguments: [String]) throws {
                let new = ["/usr/bin/openssl", "req", "-x509", "-nodes", "-days", "30", "-newkey", key[0], "-pkeyopt", key[1]]
                let made = try ChildProcess.run(new + arguments, in: folder)
                guard made.end == .exit(0) else { throw HTTPClient.Broken(description: made.errors) }
            }
            let (ca, caKey) = ("\(folder.path)/ca.pem", "\(folder.path)/ca.key")
            try request(["-subj", "/CN=Test CA", "-addext", "keyUsage=critical,keyCertSign", "-out", ca, "-keyout", caKey])
            try request(["-subj", "/CN=localhost", "-CA", ca, "-CAkey", caKey, "-addext", "subjectAltName=DNS:localhost",
                         "-addext", "basicConstraints=critical,CA:FALSE", "-out", "\(folder.path)/cert.pem", "-keyout", "\(folder.path)/key.pem"])
        }
    }
}
