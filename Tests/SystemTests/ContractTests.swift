import Testing

extension SystemTests {
    @Suite struct ContractTests {
        /// scripts/judge-contract: schemathesis against the built server, with an account of every channel.
        @Test func `thousands of generated requests find no answer that the document does not have`() throws {
            let folder = try TemporaryFolder()
            // timeout(1) gives the script a process group of its own, and ends all of it when the time is over.
            let judge = try ChildProcess.run(
                ["/usr/bin/timeout", "--kill-after=10", "600", "\(Clairon.root)/scripts/judge-contract", Clairon.binary(), "2000", "1"],
                in: folder, seconds: 660)
            #expect(judge.end == .exit(0), "\(judge.output.suffix(20_000)) \(judge.errors)")
            let count = judge.output.split(separator: "\n").last?.split(separator: "=").last.flatMap { Int($0) } ?? 0
            print("\(count) generated requests")
            #expect(count >= 2_000)
        }
    }
}
