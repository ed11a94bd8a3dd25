import HTTPWire
import Testing

/// Cases with bytes put in, taken out and replaced: whatever they have become, the parsers decide without a
/// trap, and the same for any cut. No I/O, so that there can be many.
@Suite struct MutationTests {
    /// What a connection would find: a line for each head, body and refusal, with their lengths.
    private struct Reading {
        private(set) var found: [String] = []
        private var parser = HeadParser()
        private var decoder: ChunkedDecoder?
        private var remaining: UInt64 = 0
        private var data = 0
        private var isDeaf = false
        private var start = 0

        /// - Parameter bytes: everything up to now, with more at the end than the last time.
        mutating func read(_ bytes: [UInt8]) {
            while start < bytes.count, !isDeaf {
                let rest = Array(bytes[start...])
                if remaining > 0 {
                    let count = min(remaining, UInt64(rest.count))
                    remaining -= count
                    start += Int(count)
                } else if decoder != nil {
                    guard readChunks(rest) else { return }
                } else {
                    guard readHead(rest) else { return }
                }
            }
        }

        private mutating func readHead(_ rest: [UInt8]) -> Bool {
            switch parser.parse(rest.span) {
            case .incomplete:
                return false
            case .invalid(let refusal):
                found.append("refused \(refusal.status) \(refusal.code)")
                isDeaf = true
            case .head(let head, let length):
                found.append("head of \(length): \(head.method) \(head.target.path) \(head.framing) \(head.keepsAlive)")
                start += length
                parser = HeadParser()
                switch head.framing {
                case .none: break
                case .length(let count): remaining = count
                case .chunked: decoder = ChunkedDecoder(maxBodyBytes: 1000)
                }
                isDeaf = !head.keepsAlive
            }
            return true
        }

        private mutating func readChunks(_ rest: [UInt8]) -> Bool {
            var output: [UInt8] = []
            let outcome = decoder?.decode(rest.span, into: &output)
            data += output.count
            switch outcome {
            case .complete(let consumed):
                found.append("body of \(data)")
                start += consumed
                decoder = nil
                data = 0
                return true
            case .invalid(let refusal):
                found.append("refused \(refusal.status) \(refusal.code)")
                isDeaf = true
                return false
            case .incomplete, nil:
                start += rest.count
                return false
            }
        }
    }

    /// Bytes at which parsers have been led astray.
    private static let temptations: [[UInt8]] = [
        [0x0D], [0x0A], [0x0D, 0x0A], [0x00], [0x20], [0x09], [0x0B], [0x0C], [0x3A], [0x3B], [0x2C], [0x22], [0x2F], [0x25],
        [0x23], [0x5C], [0x40], [0x5B], [0x5D], [0x30], [0x35], [0x46], [0x7F], [0x80], [0xA0], [0xFF], Array("ffffffffffffffff".utf8),
        Array("\r\n\r\n".utf8), Array("Content-Length: 7\r\n".utf8), Array("Transfer-Encoding: chunked\r\n".utf8),
    ]

    @Test(arguments: HostileCase.categories)
    func `decides the same for any cut of a mutated case`(category: String) throws {
        var random = SplitMix(state: 20_260_101)
        var accepted = 0
        for test in try HostileCase.all(category) {
            let original = test.bytes
            guard original.count <= 400 else { continue }
            for _ in 0..<40 {
                let bytes = mutate(original, &random)
                var whole = Reading()
                whole.read(bytes)
                var slow = Reading()
                for end in 0...bytes.count { slow.read(Array(bytes[..<end])) }
                var cut = Reading()
                cut.read(Array(bytes[..<Int(random.next() % UInt64(bytes.count + 1))]))
                cut.read(bytes)
                #expect(whole.found == slow.found, "\(test.name): \(bytes)")
                #expect(whole.found == cut.found, "\(test.name): \(bytes)")
                if whole.found.first?.hasPrefix("head") == true { accepted += 1 }
            }
        }
        #expect(accepted > 0, "not one mutation was still a request: nothing has been tried behind a head")
    }

    private func mutate(_ original: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = original
        for _ in 0...(random.next() % 2) {
            let at = Int(random.next() % UInt64(bytes.count + 1))
            let end = min(bytes.count, at + Int(random.next() % 2))
            let piece = Self.temptations[Int(random.next() % UInt64(Self.temptations.count))]
            bytes.replaceSubrange(at..<end, with: random.next() % 4 == 0 ? [] : piece)
        }
        return bytes
    }
}

/// The same numbers in every run. Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
