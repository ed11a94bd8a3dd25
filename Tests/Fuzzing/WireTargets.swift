import HTTPWire

/// The HTTP codec: what arrives in two pieces must mean what it means in one.
enum WireTargets {
    static func head(_ bytes: [UInt8]) {
        let whole = parse(bytes, cutAt: bytes.count)
        // One cut, chosen by the input itself, so that a failure can be replayed.
        let cut = bytes.isEmpty ? 0 : (bytes.count &* 31 &+ Int(bytes[bytes.count / 2])) % bytes.count
        precondition(parse(bytes, cutAt: cut) == whole, "a head means something else when it is cut at \(cut)")
    }

    private static func parse(_ bytes: [UInt8], cutAt cut: Int) -> String {
        var parser = HeadParser()
        if cut < bytes.count {
            let first = parser.parse(bytes.span.extracting(..<cut))
            guard case .incomplete = first else { return text(of: first) }
        }
        return text(of: parser.parse(bytes.span))
    }

    private static func text(of outcome: HeadParser.Outcome) -> String {
        switch outcome {
        case .incomplete: return "incomplete"
        case .invalid(let refusal):
            precondition([400, 414, 417, 431, 501, 505].contains(refusal.status), "no refusal has the status \(refusal.status)")
            return "invalid \(refusal.status) \(refusal.code)"
        case .head(let head, let length):
            let fields = head.fields.map { "\(head.text($0.name)): \(head.text($0.value))" }
            return "\(length) \(head.method) \(head.target.path) \(head.target.segments) \(head.target.query) \(head.framing) \(fields)"
        }
    }

    static func chunked(_ bytes: [UInt8]) {
        let whole = decode(bytes, step: max(1, bytes.count))
        precondition(decode(bytes, step: 1 + bytes.count % 7) == whole, "a chunked body means something else in pieces")
    }

    private static func decode(_ bytes: [UInt8], step: Int) -> String {
        var decoder = ChunkedDecoder(maxBodyBytes: 4_096)
        var data: [UInt8] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + step)
            switch decoder.decode(bytes.span.extracting(start..<end), into: &data) {
            case .incomplete: start = end
            case .complete(let consumed):
                precondition(data.count <= 4_096, "more data than the limit")
                return "\(data) to \(start + consumed)"
            // Data before the fault has been handed on in one case and not in the other: it is thrown away with the request.
            case .invalid(let refusal): return "invalid \(refusal.status) \(refusal.code)"
            }
        }
        return "incomplete \(data)"
    }
}
