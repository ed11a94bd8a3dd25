import Core
import Testing

@Suite struct IdentityTests {
    /// For the key 00…0f and the inputs "", 00, 00 01, … as in the reference's vectors.h; made with a second implementation. The
    /// sixteenth is the worked example of the paper (appendix A).
    static let vectors: [UInt64] = [
        0x726FDB47DD0E0E31, 0x74F839C593DC67FD, 0x0D6C8009D9A94F5A, 0x85676696D7FB7E2D,
        0xCF2794E0277187B7, 0x18765564CD99A68D, 0xCBC9466E58FEE3CE, 0xAB0200F58B01D137,
        0x93F5F5799A932462, 0x9E0082DF0BA9E4B0, 0x7A5DBBC594DDB9F3, 0xF4B32F46226BADA7,
        0x751E8FBC860EE5FB, 0x14EA5627C0843D90, 0xF723CA908E7AF2EE, 0xA129CA6149BE45E5,
        0x3F2ACC7F57C29BDB, 0x699AE9F52CBE4794, 0x4BC1B3F0968DD39C, 0xBB6DC91DA77961BD,
        0xBED65CF21AA2EE98, 0xD0F2CBB02E3B67C7, 0x93536795E3A33E88, 0xA80C038CCD5CCEC8,
        0xB8AD50C6F649AF94, 0xBCE192DE8A85B8EA, 0x17D835B85BBB15F3, 0x2F2E6163076BCFAD,
        0xDE4DAAACA71DC9A5, 0xA6A2506687956571, 0xAD87A3535C49EF28, 0x32D892FAD841C342,
        0x7127512F72F27CCE, 0xA7F32346F95978E3, 0x12E0B01ABB051238, 0x15E034D40FA197AE,
        0x314DFFBE0815A3B4, 0x027990F029623981, 0xCADCD4E59EF40C4D, 0x9ABFD8766A33735C,
        0x0E3EA96B5304A7D0, 0xAD0C42D6FC585992, 0x187306C89BC215A9, 0xD4A60ABCF3792B95,
        0xF935451DE4F21DF2, 0xA9538F0419755787, 0xDB9ACDDFF56CA510, 0xD06C98CD5C0975EB,
        0xE612A3CB9ECBA951, 0xC766E62CFCADAF96, 0xEE64435A9752FE72, 0xA192D576B245165A,
        0x0A8787BF8ECB74B2, 0x81B3E73D20B49B6F, 0x7FA8220BA3B2ECEA, 0x245731C13CA42499,
        0xB78DBFAF3A8D83BD, 0xEA1AD565322A1A0B, 0x60E61C23A3795013, 0x6606D7E446282B93,
        0x6CA4ECB15C5F91E1, 0x9F626DA15C9625F3, 0xE51B38608EF25F57, 0x958A324CEB064572,
    ]

    @Test func `SipHash-2-4 gives the vectors of another implementation and of the paper`() {
        let hash = SipHash(key: Array(0..<16))
        for (length, wanted) in IdentityTests.vectors.enumerated() {
            let input = (0..<length).map(UInt8.init)
            #expect(hash.hash(input) == wanted, "length \(length)")
        }
        #expect(hash.hash("abc") == hash.hash(Array("abc".utf8)))
        #expect(hash.hash("é🎉") == hash.hash(Array("é🎉".utf8)))
    }

    @Test func `a message key is a version 8 UUID, the same each time and another for each recipient`() {
        let hash = SipHash(key: Array(0..<16))
        var seen: Set<MessageKey> = []
        for run in 1...20 as ClosedRange<Int64> {
            for recipient in 1...200 as ClosedRange<Int64> {
                let key = MessageKey(run: RunID(rawValue: run), recipient: recipient, hash: hash)
                #expect(key == MessageKey(run: RunID(rawValue: run), recipient: recipient, hash: hash))
                seen.insert(key)
                let text = Array(key.description.utf8)
                guard text.count == 36, text[14] == UInt8(ascii: "8"), "89ab".utf8.contains(text[19]),
                    [8, 13, 18, 23].allSatisfy({ text[$0] == UInt8(ascii: "-") }), text.count(where: { $0 == UInt8(ascii: "-") }) == 4
                else {
                    Issue.record("\(key)")
                    return
                }
            }
        }
        #expect(seen.count == 4_000)
        #expect(MessageKey(run: RunID(rawValue: 1), recipient: 1, hash: hash)
            != MessageKey(run: RunID(rawValue: 1), recipient: 1, hash: SipHash(key: Array(1..<17))))
    }

    @Test(arguments: [
        ("seg_1", 1), ("seg_9223372036854775807", .max), ("seg_0", nil), ("seg_01", nil), ("seg_", nil), ("seg", nil), ("", nil), ("cmp_1", nil), ("seg_-1", nil),
        ("seg_+1", nil), ("seg_1 ", nil), (" seg_1", nil), ("SEG_1", nil), ("seg_9223372036854775808", nil), ("seg_1.0", nil), ("seg_１", nil),
    ] as [(String, Int64?)]) func `an id is read only as it is written`(text: String, number: Int64?) {
        #expect(SegmentID(text)?.rawValue == number)
        if let number { #expect(SegmentID(rawValue: number).description == text) }
    }
}
