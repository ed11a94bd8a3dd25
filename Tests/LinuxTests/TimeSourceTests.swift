import Linux
import Testing

@Suite struct TimeSourceTests {
    @Test func `manual time moves only when told`() {
        let time = ManualTime(wallMilliseconds: 1000)
        #expect(time.monotonicMilliseconds == 0)
        time.advance(milliseconds: 250)
        #expect(time.monotonicMilliseconds == 250)
        #expect(time.wallMilliseconds == 1250)
        time.setWall(milliseconds: 10)
        #expect(time.wallMilliseconds == 10)
        #expect(time.monotonicMilliseconds == 250)
    }

    @Test func `the system's clock does not go back`() {
        let time = SystemTime()
        let first = time.monotonicMilliseconds
        #expect(time.monotonicMilliseconds >= first)
        #expect(time.wallMilliseconds > 1_700_000_000_000)
    }
}
