import Core
import Glibc
import Linux
import Testing

extension SystemTests {
    @Suite struct MetricsTests {
        /// Reads the exposition as Prometheus' own client does, and holds histograms to their form.
        private static let judge = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families
            seen = set()
            for family in text_string_to_metric_families(open(sys.argv[1]).read()):
                assert family.name not in seen, "twice: " + family.name
                seen.add(family.name)
                assert family.documentation, family.name
                series = {}
                for sample in family.samples:
                    labels = {name: value for name, value in sample.labels.items() if name != "le"}
                    key = (sample.name, tuple(sorted(sample.labels.items())))
                    assert key not in series, key
                    series[key] = sample.value
                    if family.type == "histogram" and sample.name.endswith("_bucket"):
                        group = series.setdefault(tuple(sorted(labels.items())), [])
                        group.append((float(sample.labels["le"]), sample.value))
                if family.type == "histogram":
                    for group in [value for value in series.values() if isinstance(value, list)]:
                        assert group == sorted(group) and group[-1][0] == float("inf"), group
                        assert [count for _, count in group] == sorted(count for _, count in group), group
                print(family.type, family.name, len(family.samples))
            """

        @Test func `Prometheus reads every figure, and none is missing`() throws {
            let python = Clairon.root + "/.build/judges/bin/python"
            try #require(access(python, X_OK) == 0, "no \(python): make test sets it up")
            let folder = try TemporaryFolder()
            let sandbox = try SandboxProcess(in: folder)
            let server = try ServerProcess(sandbox.config(), port: sandbox.serverPort, in: folder)
            try server.start()
            let api = try server.api()
            try Audience.load([("ios-main", .apns, 20), ("android-main", .fcm, 20)], from: sandbox, into: api)
            _ = try api.waitUntilFinished(api.launch(Audience.campaign([.apns, .fcm])))
            #expect(try server.http.send("GET", "/healthz", headers: [("Transfer-Encoding", "gzip")]).status >= 400)
            // Senders publish their figures a moment after the ledger has the last result.
            let last = #"clairon_messages_total{account="ios-main",channel="apns",result="accepted"} 20"#
            let page = try Poll.until("the last figures") { () throws -> String? in
                let page = try server.http.send("GET", "/metrics").text
                return [last, last.replacing("ios-main", with: "android-main").replacing("apns", with: "fcm")].allSatisfy { page.contains("\n" + $0) } ? page : nil
            }
            let file = try folder.write(page, to: "metrics")
            let run = try ChildProcess.run([python, "-c", Self.judge, file], in: folder)
            #expect(run.end == .exit(0), "\(run.errors)")
            let families = Set(run.output.split(separator: "\n").map { $0.split(separator: " ").dropLast().joined(separator: " ") })
            for wanted in [
                "counter clairon_messages", "histogram clairon_send_duration_seconds", "gauge clairon_inflight_messages",
                "gauge clairon_ledger_state_messages", "gauge clairon_breaker_state", "gauge clairon_wal_bytes",
                "histogram clairon_commit_duration_seconds", "counter clairon_recovered_messages", "counter clairon_invariant_violations",
                "counter clairon_http_rejected_requests", "gauge clairon_build_info", "counter clairon_log_lines_dropped",
            ] { #expect(families.contains(wanted), "\(wanted)") }
            let missing = [
                #"clairon_send_duration_seconds_count{account="android-main",channel="fcm"} 20"#,
                #"clairon_send_duration_seconds_bucket{account="ios-main",channel="apns",le="+Inf"} 20"#,
                #"clairon_commit_duration_seconds_bucket{file="store",le="0.001"} "#, #"clairon_commit_duration_seconds_sum{file="ledger"} "#,
                #"clairon_ledger_state_messages{state="pending"} 0"#, "clairon_invariant_violations_total 0",
                "clairon_http_rejected_requests_total{reason=", "clairon_build_info{version=",
            ].filter { !page.contains("\n" + $0) }
            #expect(missing == [])
            #expect(try server.stop() == .exit(0))
            try sandbox.stop()
        }

        @Test func `a standard error that nobody reads holds nothing up, and is told what it missed`() throws {
            let folder = try TemporaryFolder()
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            let reader = FileDescriptor(owning: ends[0])
            let writer = FileDescriptor(owning: ends[1])
            let junk = [UInt8](repeating: 0x78, count: 4_096)
            var filled = 0
            var entry = pollfd(fd: writer.rawValue, events: Int16(POLLOUT), revents: 0)
            while poll(&entry, 1, 0) == 1 { filled += write(writer.rawValue, junk, junk.count) }

            let port = try Clairon.freePort()
            let config = try folder.write(#"{"listen":"127.0.0.1:\#(port)","data_dir":"data"}"#, to: "config.json")
            let server = try ChildProcess([Clairon.binary(), "serve", "--config", config], log: folder.fresh("mute"), errors: writer.rawValue)
            writer.close()
            let http = HTTPClient(port: port, timeoutSeconds: 10)
            try Poll.until("readiness") { (try? http.send("GET", "/readyz").status) == 200 }
            let page = try http.send("GET", "/metrics").text
            #expect(page.contains("\nclairon_log_lines_dropped_total 2\n"), "ledger_recovered and listening")
            var heard = 0
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while heard < filled { heard += read(reader.rawValue, &chunk, min(chunk.count, filled - heard)) }
            server.send(SIGTERM)
            #expect(try server.wait() == .exit(0))
            let count = read(reader.rawValue, &chunk, chunk.count)
            let lines = String(decoding: chunk[..<max(0, count)], as: UTF8.self).split(separator: "\n")
            #expect(lines.first?.hasSuffix(" warning log_lines_dropped count=2") == true, "\(lines)")
            #expect(lines.dropFirst().first?.hasSuffix(" info stopping") == true, "\(lines)")
        }
    }
}
