import DeliveryEngine
import Testing

@Suite struct OriginBookTests {
    private let stranger = "https://stranger.example"

    @Test func `one that never answers gets a quarter of the places, and is asked about less and less often`() {
        var book = OriginBook(places: 100)
        var begun = 0
        while book.turn(for: stranger, now: 0) == .now {
            book.began(stranger, now: 0)
            begun += 1
        }
        #expect(begun == 25)
        #expect([0, 50, 1_000, 20_000].map { book.turn(for: stranger, now: $0) } == [.wait(100), .wait(100), .wait(1_000), .wait(5_000)])
        #expect(book.turn(for: "https://other.example", now: 0) == .now)
        book.ended(stranger, answering: nil, now: 30_000)
        #expect(book.turn(for: stranger, now: 30_000) == .now)
    }

    @Test func `of a few places it gets eight`() {
        var book = OriginBook(places: 16)
        for _ in 0..<8 {
            #expect(book.turn(for: stranger, now: 0) == .now)
            book.began(stranger, now: 0)
        }
        #expect(book.turn(for: stranger, now: 0) != .now)
    }

    /// A book of 100 places and an origin that has answered `times` and has `inFlight` under way since 10 000, when its last answer came.
    private func book(answering times: [Int64], inFlight: Int) -> OriginBook {
        var book = OriginBook(places: 100)
        for time in times {
            book.began(stranger, now: 10_000 - time)
            book.ended(stranger, answering: 10_000 - time, now: 10_000)
        }
        for _ in 0..<inFlight { book.began(stranger, now: 10_000) }
        return book
    }

    @Test func `one that answers gets three quarters, and the others always have one`() {
        var book = OriginBook(places: 100)
        for _ in 0..<25 { book.began(stranger, now: 0) }
        #expect(book.turn(for: stranger, now: 10) == .wait(100))
        book.ended(stranger, answering: 0, now: 20)
        for _ in 24..<75 {
            #expect(book.turn(for: stranger, now: 20) == .now)
            book.began(stranger, now: 20)
        }
        #expect(book.turn(for: stranger, now: 30) == .full(240))
        #expect(book.turn(for: "https://other.example", now: 30) == .now)
        book.ended(stranger, answering: 20, now: 40)
        #expect(book.turn(for: stranger, now: 40) == .now)
    }

    struct Silence: CustomTestStringConvertible, Sendable {
        let testDescription: String
        /// How long its answers took.
        let times: [Int64]
        /// Quiet for so long, it may have so many.
        let places: [(quiet: Int64, count: Int)]
    }

    @Test(arguments: [
        Silence(testDescription: "at once: the floor", times: [5], places: [(0, 75), (249, 75), (250, 37), (499, 37), (500, 25), (30_000, 25)]),
        Silence(testDescription: "one answer: three times as long", times: [200], places: [(0, 75), (599, 75), (600, 37), (1_200, 25)]),
        Silence(testDescription: "steady: hardly longer than it takes", times: Array(repeating: 1_000, count: 40), places: [(999, 75), (1_020, 37), (2_040, 25)]),
        Silence(testDescription: "by fits and starts: four deviations", times: Array(repeating: [100, 900], count: 20).flatMap(\.self), places: [(1_500, 75), (2_900, 37)]),
        Silence(testDescription: "slow: five seconds at most", times: [8_000, 4_000], places: [(4_999, 75), (5_000, 37), (10_000, 25)]),
    ])
    func `what it may have falls by half each time its answers are overdue by its own habit`(_ silence: Silence) {
        for (quiet, count) in silence.places {
            #expect(book(answering: silence.times, inFlight: count - 1).turn(for: stranger, now: 10_000 + quiet) == .now, "\(quiet) ms: fewer than \(count)")
            #expect(book(answering: silence.times, inFlight: count).turn(for: stranger, now: 10_000 + quiet) != .now, "\(quiet) ms: more than \(count)")
        }
    }

    @Test func `who is full waits for an answer, who is overdue is asked about later`() {
        let book = book(answering: [5], inFlight: 75)
        #expect(book.turn(for: stranger, now: 10_249) == .full(1))
        #expect(book.turn(for: stranger, now: 10_250) == .wait(250))
        #expect(book.turn(for: stranger, now: 40_000) == .wait(5_000))
    }

    @Test func `an answer after all, and it has its three quarters again`() {
        var book = book(answering: [5], inFlight: 40)
        #expect(book.turn(for: stranger, now: 12_000) == .wait(2_000))
        book.ended(stranger, answering: 10_000, now: 12_000)
        #expect(book.turn(for: stranger, now: 12_001) == .now)
    }

    @Test func `who owes nothing is not overdue`() {
        #expect(book(answering: [5], inFlight: 0).turn(for: stranger, now: 900_000) == .now)
    }

    @Test func `five failures in a row hold it, twice as long each time, and an answer ends that`() {
        var book = OriginBook(places: 100)
        for _ in 0..<4 { book.failed(stranger, now: 0) }
        #expect(book.turn(for: stranger, now: 0) == .now)
        book.failed(stranger, now: 0)
        #expect(book.turn(for: stranger, now: 0) == .wait(5_000))
        // Under way when the waiting began.
        book.failed(stranger, now: 4_999)
        #expect(book.turn(for: stranger, now: 5_000) == .now)
        book.failed(stranger, now: 5_000)
        #expect(book.turn(for: stranger, now: 5_000) == .wait(10_000))
        book.worked(stranger)
        book.failed(stranger, now: 15_000)
        #expect(book.turn(for: stranger, now: 15_000) == .now)
    }

    @Test func `the provider's wait is kept, and a shorter one does not end it`() {
        var book = OriginBook(places: 100)
        book.hold(stranger, for: 300_000, now: 0)
        book.hold(stranger, for: 1_000, now: 10)
        #expect(book.turn(for: stranger, now: 299_999) == .wait(1))
        #expect(book.turn(for: stranger, now: 300_000) == .now)
    }

    @Test func `strangers without a story are forgotten, those with one are not`() {
        var book = OriginBook(places: 100)
        book.hold(stranger, for: 300_000, now: 0)
        for number in 0..<20_000 {
            book.began("https://\(number).example", now: 1)
            book.ended("https://\(number).example", answering: nil, now: 2)
        }
        #expect(book.turn(for: stranger, now: 3) == .wait(299_997))
    }
}
