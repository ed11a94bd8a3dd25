import Core
import Testing

@Suite struct SMSKeywordTests {
    static let stops = [
        "STOP", "stop", " Stop ", "Stop merci à vous", "STOP!", "«Stop»", "stop.", "STOP.merci", "Stop\nmerci", "arrêt", "ARRÊTER",
        "arre\u{302}t", "Désabonner", "DÉSINSCRIRE svp", "stopall", "unsubscribe", "cancel", "End", "quit", "revoke",
        "OPTOUT", "opt-out please", "\u{FEFF}STOP", "STOP 36111", "ST\u{200B}OP", "\"STOP\"", "… stop",
    ]

    @Test(arguments: stops) func `hears a stop`(_ text: String) {
        #expect(ReplyKeywords().meaning(of: text) == .stop)
    }

    @Test(arguments: ["START", "start", " Yes! ", "unstop", "Oui", "reprise."]) func `hears a start`(_ text: String) {
        #expect(ReplyKeywords().meaning(of: text) == .start)
    }

    @Test(arguments: [
        "", " ", "!!!", "Merci", "stopper", "non stop", "Oui mais non", "start again", "restart", "HELP", "CONTACT", "Ж", "STO P",
    ]) func `leaves everything else alone`(_ text: String) {
        #expect(ReplyKeywords().meaning(of: text) == nil)
    }

    @Test func `reads no more than the front of an endless text`() {
        #expect(ReplyKeywords().meaning(of: String(repeating: "a", count: 1_000_000)) == nil)
    }
}
