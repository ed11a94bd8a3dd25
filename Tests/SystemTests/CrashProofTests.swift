import Foundation
import Testing

extension SystemTests {
    /// Tests/Crash in its short form: a provider and a judge that share nothing with Clairon. `make crash` is the long one.
    @Suite struct CrashProofTests {
        @Test func `kills at random and at failpoints lose nobody, and the judge finds out a ledger without its intents`() throws {
            let folder = try TemporaryFolder()
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let run = try ChildProcess.run([
                "/usr/bin/env", "PATH=\(path)", "python3", Clairon.root + "/Tests/Crash/crash",
                "--release", Clairon.binary(), "--debug", Clairon.debugBinary(), "--kills", "20", "--failpoint-kills", "1", "--short",
            ], in: folder, seconds: 300)
            print(run.output)
            #expect(run.end == .exit(0), "\(run.output)\(run.errors)")
        }

        @Test(.enabled(if: FileManager.default.fileExists(atPath: Clairon.root + "/.build/release/clairon"), "there is no release build"))
        func `no failpoint is in the release build, and the crash test passes every one`() throws {
            let names = try Self.failpoints()
            #expect(names.count > 20)
            let release = try Data(contentsOf: URL(filePath: Clairon.root + "/.build/release/clairon"), options: .alwaysMapped)
            let debug = try Data(contentsOf: URL(filePath: Clairon.debugBinary()), options: .alwaysMapped)
            let script = ChildProcess.text(of: Clairon.root + "/Tests/Crash/crash")
            for name in names + ["CLAIRON_FAILPOINT"] {
                #expect(debug.range(of: Data(name.utf8)) != nil, "\(name) is found where it is")
                #expect(release.range(of: Data(name.utf8)) == nil, "\(name)")
                #expect(script.contains("\"\(name)") || name == "CLAIRON_FAILPOINT", "\(name) is used")
            }
        }

        /// The names in the sources.
        private static func failpoints() throws -> [String] {
            let sources = Clairon.root + "/Sources"
            let files = try FileManager.default.subpathsOfDirectory(atPath: sources).filter { $0.hasSuffix(".swift") }
            return files.flatMap { file in
                ChildProcess.text(of: sources + "/" + file).matches(of: /failpoint(?:IsSet)?\("([a-z.]+)"\)/).map { String($0.1) }
            }
        }
    }
}
