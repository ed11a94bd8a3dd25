import Glibc
import Linux
import Testing

@Suite struct LogSinkTests {
    /// A pipe or a pair of sockets.
    private struct Ends: ~Copyable {
        let reader: FileDescriptor
        let writer: FileDescriptor

        init(sockets: Bool) throws {
            var numbers: [Int32] = [0, 0]
            let failure = sockets ? socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &numbers) : pipe(&numbers)
            try #require(failure == 0)
            reader = FileDescriptor(owning: numbers[0])
            writer = FileDescriptor(owning: numbers[1])
        }

        func read(_ count: Int) -> String {
            var bytes = [UInt8](repeating: 0, count: count)
            let got = Glibc.read(reader.rawValue, &bytes, count)
            return String(decoding: bytes.prefix(max(0, got)), as: UTF8.self)
        }
    }

    @Test(arguments: [false, true]) func `a reader that does not read stops nobody, and hears how much it missed`(_ sockets: Bool) throws {
        let ends = try Ends(sockets: sockets)
        let sink = LogSink(descriptor: ends.writer.rawValue)
        let line = Array((String(repeating: "x", count: 3_999) + "\n").utf8)
        // A megabyte and more: beyond what any of them buffers.
        for _ in 0..<400 { sink.write(line) { _ in Array("lost\n".utf8) } }
        let lost = sink.dropped
        #expect(lost > 0 && lost < 400)
        var taken = 0
        while taken < (400 - lost) * line.count { taken += ends.read(min(65_536, (400 - lost) * line.count - taken)).utf8.count }
        sink.write(Array("next\n".utf8)) { Array("lost \($0)\n".utf8) }
        var heard = ""
        while !heard.hasSuffix("next\n") { heard += ends.read(4_096) }
        #expect(heard == "lost \(lost)\nnext\n")
        #expect(sink.dropped == lost)
    }

    @Test func `a reader that has gone ends nobody`() throws {
        signal(SIGPIPE, SIG_IGN)
        var numbers: [Int32] = [0, 0]
        try #require(pipe(&numbers) == 0)
        close(numbers[0])
        let writer = FileDescriptor(owning: numbers[1])
        let sink = LogSink(descriptor: writer.rawValue)
        sink.write(Array("x\n".utf8)) { _ in [] }
        #expect(sink.dropped == 1)
    }
}
