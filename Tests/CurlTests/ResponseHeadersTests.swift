import Curl
import Testing

@Suite struct ResponseHeadersTests {
    private func headers(_ text: String) -> ResponseHeaders {
        ResponseHeaders(lines: Array(text.utf8))
    }

    @Test func `names are found whatever their case, the first one wins`() {
        let headers = headers("Apns-ID: a\r\nAPNS-id: b\r\nX: \t c d \t\r\n")
        #expect(headers["apns-id"] == "a")
        #expect(headers["x"] == "c d")
        #expect(headers["apns"] == nil)
        #expect(headers.map { "\($0.name)=\($0.value)" } == ["apns-id=a", "apns-id=b", "x=c d"])
    }

    @Test(arguments: ["", "\r\n", ":v\r\n", "nothing\r\n", "\n\n\n", "name"])
    func `lines without a name are passed over`(text: String) {
        #expect(Array(headers(text)).isEmpty)
    }

    @Test func `an empty value is empty, a colon in a value stays, no line end is needed`() {
        let headers = headers("a:\r\nb: \r\nc: x:y\r\nd:1")
        #expect(headers.map(\.value) == ["", "", "x:y", "1"])
    }

    @Test func `bytes that are no UTF-8 are Latin-1, and only ASCII letters fold`() {
        let headers = ResponseHeaders(lines: Array("X: ".utf8) + [0xE9] + Array("\r\n\u{212A}: 1\r\n".utf8))
        #expect(headers["x"] == "é")
        #expect(headers["k"] == nil)
    }
}
