import Glibc
import Linux
import Testing

@Suite struct ThreadTests {
    @Test func `runs under its name, cut at fifteen bytes`() throws {
        let seen = Lock("")
        let thread = try Thread.start(named: "http-loop-number-twelve") {
            guard let file = fopen("/proc/thread-self/comm", "r") else { return }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 64)
            guard fgets(&line, 64, file) != nil else { return }
            let name = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
            seen.withLock { $0 = String(decoding: name, as: UTF8.self) }
        }
        #expect(!thread.isCurrent)
        thread.join()
        #expect(seen.withLock { $0 } == "http-loop-numbe")
    }

    @Test func `steps back when it does bulk work, and nobody else does`() throws {
        @Sendable func standing() -> [Int32] { [getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0), sched_getscheduler(0)] }
        let before = standing()
        let seen = Lock<[[Int32]]>([])
        for isBulk in [false, true] {
            try Thread.start(named: "bulk", isBulk: isBulk) { seen.withLock { $0.append(standing()) } }.join()
        }
        #expect(seen.withLock { $0 } == [before, [5, 3]])
        #expect(standing() == before)
    }

    @Test func `a lock loses no increment`() throws {
        let counter = Lock(0)
        let threads = try (0..<4).map { number in
            try Thread.start(named: "adder-\(number)") {
                for _ in 0..<2000 { counter.withLock { $0 += 1 } }
            }
        }
        threads.forEach { $0.join() }
        #expect(counter.withLock { $0 } == 8000)
    }
}
