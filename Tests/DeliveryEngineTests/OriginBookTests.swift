import DeliveryEngine
import Testing

@Suite struct OriginBookTests {
    private let stranger = "https://stranger.example"

    @Test func `one that never answers gets a quarter of the places, and is asked about less and less often`() {
        var book = OriginBook(places: 100)
        var begun = 0
        while book.wait(for: stranger, now: 0) == nil {
            book.began(stranger, now: 0)
            begun += 1
        }
        #expect(begun == 25)
        #expect([0, 50, 1_000, 20_000].map { book.wait(for: stranger, now: $0) } == [100, 100, 1_000, 5_000])
        #expect(book.wait(for: "https://other.example", now: 0) == nil)
        book.ended(stranger, isReply: false, now: 30_000)
        #expect(book.wait(for: stranger, now: 30_000) == nil)
    }

    @Test func `of a few places it gets eight`() {
        var book = OriginBook(places: 16)
        for _ in 0..<8 {
            #expect(book.wait(for: stranger, now: 0) == nil)
            book.began(stranger, now: 0)
        }
        #expect(book.wait(for: stranger, now: 0) != nil)
    }

    @Test func `one that answers gets all of them, until it has owed an answer for five seconds`() {
        var book = OriginBook(places: 100)
        for _ in 0..<26 { book.began(stranger, now: 0) }
        #expect(book.wait(for: stranger, now: 10) != nil)
        book.ended(stranger, isReply: true, now: 20)
        for _ in 0..<70 {
            #expect(book.wait(for: stranger, now: 30) == nil)
            book.began(stranger, now: 30)
        }
        #expect(book.wait(for: stranger, now: 5_019) == nil)
        #expect(book.wait(for: stranger, now: 5_020) != nil)
        book.ended(stranger, isReply: true, now: 6_000)
        #expect(book.wait(for: stranger, now: 6_001) == nil)
    }

    @Test func `five failures in a row hold it, twice as long each time, and an answer ends that`() {
        var book = OriginBook(places: 100)
        for _ in 0..<4 { book.failed(stranger, now: 0) }
        #expect(book.wait(for: stranger, now: 0) == nil)
        book.failed(stranger, now: 0)
        #expect(book.wait(for: stranger, now: 0) == 5_000)
        // Under way when the waiting began.
        book.failed(stranger, now: 4_999)
        #expect(book.wait(for: stranger, now: 5_000) == nil)
        book.failed(stranger, now: 5_000)
        #expect(book.wait(for: stranger, now: 5_000) == 10_000)
        book.worked(stranger)
        book.failed(stranger, now: 15_000)
        #expect(book.wait(for: stranger, now: 15_000) == nil)
    }

    @Test func `the provider's wait is kept, and a shorter one does not end it`() {
        var book = OriginBook(places: 100)
        book.hold(stranger, for: 300_000, now: 0)
        book.hold(stranger, for: 1_000, now: 10)
        #expect(book.wait(for: stranger, now: 299_999) == 1)
        #expect(book.wait(for: stranger, now: 300_000) == nil)
    }

    @Test func `strangers without a story are forgotten, those with one are not`() {
        var book = OriginBook(places: 100)
        book.hold(stranger, for: 300_000, now: 0)
        for number in 0..<20_000 {
            book.began("https://\(number).example", now: 1)
            book.ended("https://\(number).example", isReply: false, now: 2)
        }
        #expect(book.wait(for: stranger, now: 3) == 299_997)
    }
}
