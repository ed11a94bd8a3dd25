import Glibc
import Linux
import Testing

@Suite struct FileDescriptorTests {
    // Asked of the pipe's other end: another test may be given the same number meanwhile.
    private func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    private func readsEnd(_ reader: Int32) -> Bool {
        _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        var byte: UInt8 = 0
        return read(reader, &byte, 1) == 0
    }

    @Test func `closes at the end of its scope`() throws {
        let ends = try pipe()
        let reader = FileDescriptor(owning: ends.reader)
        do { _ = FileDescriptor(owning: ends.writer) }
        #expect(readsEnd(reader.rawValue))
    }

    @Test func `leaves a released descriptor open`() throws {
        let ends = try pipe()
        let reader = FileDescriptor(owning: ends.reader)
        let writer = FileDescriptor(owning: ends.writer)
        let number = writer.release()
        #expect(!readsEnd(reader.rawValue))
        close(number)
        #expect(readsEnd(reader.rawValue))
    }
}
