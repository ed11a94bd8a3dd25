import DeliveryEngine
import Testing

@Suite struct WaveGuardTests {
    private typealias Guard = WaveGuard<Int>

    /// Adds answers of which so many in ten are dead addresses, numbered in order.
    ///
    /// - Returns: what was believed, and after how many answers a wave was found.
    private func add(_ count: Int, dead: Int, to verdicts: inout WaveGuard<Int>, now: Int64 = 0) -> (believed: [Int], wave: Int?) {
        var believed: [Int] = []
        for number in 0..<count {
            switch verdicts.add(number % 10 < dead ? .dead(number) : .sound, now: now) {
            case .believed(let some): believed += some
            case .wave: return (believed, number + 1)
            }
        }
        return (believed, nil)
    }

    @Test func `a wave in the middle of a good list is found before anything of it is believed`() {
        var verdicts = Guard()
        #expect(add(5_000, dead: 0, to: &verdicts).wave == nil)
        let result = add(1_000, dead: 10, to: &verdicts)
        #expect(result.wave == 101)
        #expect(result.believed.isEmpty)
        #expect(!verdicts.isHolding)
    }

    @Test func `dead addresses of a good list are believed 200 answers later, each once`() {
        var verdicts = Guard()
        let result = add(2_000, dead: 1, to: &verdicts)
        #expect(result.wave == nil)
        #expect(result.believed + verdicts.settle() == Array(stride(from: 0, to: 2_000, by: 10)))
        #expect(verdicts.settle().isEmpty)
    }

    @Test(arguments: [1, 3, 4]) func `an old list is no wave`(deadOfTen: Int) {
        var verdicts = Guard()
        #expect(add(20_000, dead: deadOfTen, to: &verdicts).wave == nil)
    }

    @Test func `an old list that becomes a dead one is`() {
        var verdicts = Guard()
        #expect(add(5_000, dead: 3, to: &verdicts).wave == nil)
        #expect(add(1_000, dead: 10, to: &verdicts).wave != nil)
    }

    @Test func `a small list that is dead altogether is a wave, a few dead ones are not`() {
        var small = Guard()
        let result = add(40, dead: 10, to: &small)
        #expect(result.wave == 10 && result.believed.isEmpty)
        var few = Guard()
        #expect(add(9, dead: 10, to: &few).wave == nil)
        #expect(few.settle().count == 9)
    }

    @Test func `addresses of another environment make a wave too`() {
        var verdicts = Guard()
        var waves = 0
        for _ in 0..<9 { if case .wave = verdicts.add(.mismatch, now: 0) { waves += 1 } }
        #expect(waves == 0)
        guard case .wave(faults: 10, of: 10) = verdicts.add(.dead(1), now: 0) else {
            Issue.record("the tenth of ten is a wave")
            return
        }
    }

    @Test func `a person's word is believed at once, until the wave is over`() {
        var verdicts = Guard()
        #expect(add(500, dead: 10, to: &verdicts).wave == 10)
        verdicts.believe(now: 0)
        let result = add(500, dead: 10, to: &verdicts)
        #expect(result.wave == nil && result.believed.count == 500)
        #expect(add(400, dead: 0, to: &verdicts).wave == nil)
        // The list was bad for 500 answers: as much again is no surprise until that is long ago.
        #expect(add(20_000, dead: 0, to: &verdicts).wave == nil)
        #expect(add(500, dead: 10, to: &verdicts).wave != nil)
    }

    @Test func `a person's word ends after an hour`() {
        var verdicts = Guard()
        verdicts.believe(now: 0)
        #expect(add(100, dead: 10, to: &verdicts, now: 3_599_999).wave == nil)
        #expect(add(100, dead: 10, to: &verdicts, now: 3_600_000).wave != nil)
    }
}
