import Core
import Testing

@Suite struct TimeTests {
    static let times: [(String, Int64)] = [
        ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1), ("1985-04-12T23:20:50.52Z", 482_196_050_520),
        ("1996-12-19T16:39:57-08:00", 851_042_397_000), ("1990-12-31T23:59:60Z", 662_688_000_000), ("1990-12-31T15:59:60-08:00", 662_688_000_000),
        ("1937-01-01T12:00:27.87+00:20", .min), ("2000-02-29T00:00:00Z", 951_782_400_000), ("2026-03-01t09:00:00z", 1_772_355_600_000),
        ("2026-03-01T09:00:00.123456789+23:59", 1_772_269_260_123), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("2026-03-01T09:00:00-00:00", 1_772_355_600_000), ("1970-01-01T00:00:00+01:00", .min), ("9999-12-31T23:59:60Z", .min),
        ("9999-12-31T23:59:59-00:01", .min), ("9999-12-31T23:59:60+00:01", 253_402_300_740_000),
    ]

    @Test(arguments: times) func `reads RFC 3339`(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == (milliseconds == .min ? nil : milliseconds))
    }

    @Test(arguments: [
        "", "2026-03-01", "2026-03-01T09:00:00", "2026-03-01 09:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00+01", "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "+026-01-01T00:00:00Z", "2026-1-01T00:00:00Z0",
        "２026-01-01T00:00:00Z", "20260101T000000Z00000", "1969-12-31T23:59:59Z", "2026-01-01T00:00:00.", "2026-01-01T00:00:00.5", "2026-01-01T00:00:0aZ", "2026-01-01T00:00:00é",
    ]) func `refuses what is not RFC 3339`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `prints what it reads`() {
        var random = SeededGenerator(state: 8)
        for _ in 0..<20_000 {
            let time = Timestamp(milliseconds: Int64.random(in: 0...253_402_300_799_999, using: &random))
            #expect(Timestamp(rfc3339: time.description) == time)
        }
        #expect(Timestamp(milliseconds: 1_772_355_600_050).description == "2026-03-01T09:00:00.050Z")
        #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
    }

    @Test func `days and dates are the inverse of one another`() {
        var date = (year: Int64(1), month: Int64(1), day: Int64(1))
        for days in CivilDate(year: 1, month: 1, day: 1).daysSinceEpoch...CivilDate(year: 2_401, month: 1, day: 1).daysSinceEpoch {
            let civil = CivilDate(daysSinceEpoch: days)
            guard (civil.year, civil.month, civil.day) == date, civil.daysSinceEpoch == days else {
                Issue.record("day \(days) is \(civil), not \(date)")
                return
            }
            date.day += 1
            if date.day > CivilDate.days(inMonth: date.month, of: date.year) { date = (date.year, date.month + 1, 1) }
            if date.month > 12 { date = (date.year + 1, 1, 1) }
        }
    }

    @Test(arguments: [
        ("P30D", 2_592_000), ("PT10M", 600), ("P1DT12H", 129_600), ("P2W", 1_209_600), ("PT1S", 1), ("P1W2DT3H4M5S", 604_800 + 172_800 + 11_045),
        ("PT36H", 129_600), ("P36525D", 3_155_760_000), ("P0DT1S", 1),
    ] as [(String, Int64)]) func `reads ISO 8601 durations`(text: String, seconds: Int64) {
        #expect(Duration(iso8601: text) == .seconds(seconds))
        #expect(Duration(iso8601: Duration.seconds(seconds).iso8601) == .seconds(seconds))
    }

    @Test(arguments: [
        "", "P", "PT", "P1", "1D", "p1d", "P1Y", "P1M", "P-1D", "-P1D", "+P1D", "P1.5D", "P1,5D", "PD", "PT1", "P1DT", "PT1H1H", "PT1M1H", "P1D1W", "P1D2D", "PT1D", "P1H", "P1S",
        "P0D", "PT0S", "P36526D", "P99999999999D", "P9999999999W", "P1DT1D", "PTT1S", "P1TT1S", "P 1D", "P1D ", "P1Dx", "PT9999999999999999999S", "P١D",
    ]) func `refuses what is not such a duration`(text: String) {
        #expect(Duration(iso8601: text) == nil)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2028 23:59:60 GMT", 1_835_481_600),
        ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun Nov  6 08:49:37 1994", nil), ("Sun, 06 Nov 1994 08:49:37 UTC", nil), ("Sun, 31 Feb 1994 08:49:37 GMT", nil),
        ("Sun, 06 Nov 1994 08:49 GMT", nil), ("Sun, 06 Nov 1994 8:+9:37 GMT", nil), ("", nil), ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", nil),
    ] as [(String, Int64?)]) func `reads HTTP dates`(text: String, seconds: Int64?) {
        #expect(Timestamp(httpDate: text)?.seconds == seconds)
    }

    @Test func `a date alone and a time with an offset`() {
        #expect(DateText("1985-04-12")?.seconds == 482_112_000)
        #expect(DateText("0000-01-01")?.seconds == DateText.range.lowerBound)
        #expect(DateText("9999-12-31T23:59:59Z")?.seconds == DateText.range.upperBound)
        #expect(DateText("9999-12-31T23:59:59-00:01") == nil)
        #expect(DateText("2026-03-01T09:30:05.9+02:00").map { [$0.hour, $0.minute, $0.second, $0.seconds] } == [9, 30, 5, 1_772_350_205])
    }
}
