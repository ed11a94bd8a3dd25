import SMS
import Testing

@Suite struct SMSSegmentsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let encoding: SMSEncoding
        let sizes: [Int]
        var testDescription: String { name }
    }

    static let rows = [
        Row(name: "empty", text: "", encoding: .gsm7, sizes: [0]),
        Row(name: "160 a", text: String(repeating: "a", count: 160), encoding: .gsm7, sizes: [160]),
        Row(name: "161 a", text: String(repeating: "a", count: 161), encoding: .gsm7, sizes: [153, 8]),
        Row(name: "306 a", text: String(repeating: "a", count: 306), encoding: .gsm7, sizes: [153, 153]),
        Row(name: "307 a", text: String(repeating: "a", count: 307), encoding: .gsm7, sizes: [153, 153, 1]),
        Row(name: "80 euros", text: String(repeating: "€", count: 80), encoding: .gsm7, sizes: [160]),
        Row(name: "81 euros", text: String(repeating: "€", count: 81), encoding: .gsm7, sizes: [152, 10]),
        Row(name: "152 a and a euro", text: String(repeating: "a", count: 152) + "€", encoding: .gsm7, sizes: [154]),
        Row(name: "an escape never cut", text: String(repeating: "a", count: 152) + "€" + String(repeating: "b", count: 20),
            encoding: .gsm7, sizes: [152, 22]),
        Row(name: "70 Zhe", text: String(repeating: "Ж", count: 70), encoding: .ucs2, sizes: [70]),
        Row(name: "71 Zhe", text: String(repeating: "Ж", count: 71), encoding: .ucs2, sizes: [67, 4]),
        Row(name: "35 emoji", text: String(repeating: "😀", count: 35), encoding: .ucs2, sizes: [70]),
        Row(name: "36 emoji", text: String(repeating: "😀", count: 36), encoding: .ucs2, sizes: [66, 6]),
        Row(name: "one ç", text: String(repeating: "a", count: 70) + "ç", encoding: .ucs2, sizes: [67, 4]),
        Row(name: "a family is never cut", text: String(repeating: "Ж", count: 65) + "👨‍👩‍👧" + "Ж", encoding: .ucs2,
            sizes: [65, 9]),
    ]

    @Test(arguments: rows) func `counts parts as the air interface does`(_ row: Row) {
        let segments = SMSSegments(of: row.text)
        #expect(segments.encoding == row.encoding)
        #expect(segments.sizes == row.sizes)
        #expect(segments.parts.joined() == row.text)
    }

    @Test func `cuts a heap of combining marks between its scalars`() {
        let heap = "Ж" + String(repeating: "\u{301}", count: 99)
        let segments = SMSSegments(of: heap)
        #expect(segments.sizes == [67, 33])
        #expect(Array(segments.parts.joined().unicodeScalars) == Array(heap.unicodeScalars))
    }

    @Test func `counts with a 16-bit reference when the profile says so`() {
        var sizes = SMSSizes()
        (sizes.gsm7Part, sizes.ucs2Part) = (152, 66)
        #expect(SMSSegments(of: String(repeating: "a", count: 305), sizes: sizes).sizes == [152, 152, 1])
        #expect(SMSSegments(of: String(repeating: "Ж", count: 71), sizes: sizes).sizes == [66, 5])
    }

    @Test func `pads short UCS-2 parts so that a blind cut falls between them`() {
        let padded = Array(SMSSegments(of: String(repeating: "😀", count: 36)).padded().utf16)
        #expect(padded.count == 73)
        #expect(padded[66] == 0x200B)
        #expect(UTF16.isLeadSurrogate(padded[67]))
        #expect(SMSSegments(of: "plain").padded() == "plain")
    }
}

@Suite struct SMSGSM7Tests {
    @Test func `knows the default table in its 127 characters`() {
        let table = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
            + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
        #expect(table.unicodeScalars.count == 127)
        for scalar in table.unicodeScalars { #expect(GSM7.septets(scalar) == 1, "\(scalar)") }
    }

    @Test func `charges two septets for the extension table`() {
        for scalar in "\u{0C}^{}\\[~]|€".unicodeScalars { #expect(GSM7.septets(scalar) == 2, "\(scalar)") }
    }

    @Test func `lacks the French letters that look as if they were there`() {
        for scalar in "çâêîôûëïœ«»’…–ÀÈÊÔÙ\u{1B}\u{A0}\t`😀Ж".unicodeScalars { #expect(GSM7.septets(scalar) == nil, "\(scalar)") }
        #expect(GSM7.canWrite("à é è ù É Ç"))
    }

    @Test func `composes letters that came apart`() {
        #expect(Array(GSM7.composed("e\u{301}te\u{301}").unicodeScalars) == Array("été".unicodeScalars))
        #expect(Array(GSM7.composed("e\u{302}\u{301}").unicodeScalars) == ["e", "\u{302}", "\u{301}"])
    }
}

@Suite struct SMSTransliterationTests {
    static let rows: [(String, String)] = [
        ("L’été « à la plage »…", "L'été \" à la plage \"..."), ("Garçon, forêt, Noël, œuf", "Garcon, foret, Noel, oeuf"),
        ("10\u{A0}€\u{202F}!", "10 € !"), ("Œuvre – à bientôt", "OEuvre - à bientot"), ("Merci 😀❤️👍🏽!", "Merci !"),
        ("ÀÂÈÊËÎÏÔÙÛŸ", "AAEEEIIOUUY"), ("e\u{301}", "é"), ("o\u{302}", "o"), ("Łódź © 2026", "Lodz (c) 2026"),
        ("#1 * 2", "#1 * 2"),
    ]

    @Test(arguments: rows) func `writes French and its neighbours in GSM`(_ row: (String, String)) {
        #expect(Transliteration.gsm(row.0) == .written(row.1))
    }

    @Test func `says which character has no place`() {
        #expect(Transliteration.gsm("Привет") == .unwritable("П"))
    }
}
