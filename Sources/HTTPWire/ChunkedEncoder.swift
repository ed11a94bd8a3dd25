/// Puts a streamed response into chunks. RFC 9112 §7.1.
package enum ChunkedEncoder {
    /// Appends one chunk; nothing for no data, which would end the body.
    package static func append(_ data: [UInt8], to output: inout [UInt8]) {
        guard !data.isEmpty else { return }
        var shift = 60
        while shift > 0, data.count >> shift == 0 { shift -= 4 }
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: (data.count >> shift) & 0xF)
            output.append(digit < 10 ? ASCII.zero + digit : 0x61 + digit - 10)
            shift -= 4
        }
        output.append(ASCII.carriageReturn)
        output.append(ASCII.lineFeed)
        output.append(contentsOf: data)
        output.append(ASCII.carriageReturn)
        output.append(ASCII.lineFeed)
    }

    /// Appends the last chunk and an empty trailer section.
    package static func appendEnd(to output: inout [UInt8]) {
        output.append(contentsOf: "0\r\n\r\n".utf8)
    }
}
