extension UInt8 {
    /// The value of an ASCII hexadecimal digit.
    @inlinable package var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    @inlinable package var isASCIIDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    @inlinable package var isASCIILetter: Bool {
        let folded = self | 0x20
        return folded >= UInt8(ascii: "a") && folded <= UInt8(ascii: "z")
    }

    /// A to Z folded to lower case, every other byte as it is.
    @inlinable package var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}

// Over the bytes as they lie in memory: generic code would ask the string for each of them.
extension String {
    /// Whether U+0000 is in it: C's functions would take it for the end.
    package var containsNUL: Bool {
        var text = self
        return text.withUTF8 { $0.contains(0) }
    }

    /// A to Z folded to lower case and nothing else: `lowercased()` also folds the Kelvin sign to k.
    package var asciiLowercased: String {
        var text = self
        return text.withUTF8 { bytes in
            // Most of what is folded is in lower case already.
            guard bytes.contains(where: { $0.asciiLowercased != $0 }) else { return self }
            return String(unsafeUninitializedCapacity: bytes.count) { folded in
                for (index, byte) in bytes.enumerated() { folded[index] = byte.asciiLowercased }
                return bytes.count
            }
        }
    }
}

extension Substring {
    package var asciiLowercased: String { String(self).asciiLowercased }
}

extension StringProtocol {
    /// Plain decimal digits as a number: no sign, no space, no overflow.
    package var decimal: Int64? {
        var value: Int64 = 0
        var isEmpty = true
        for byte in utf8 {
            guard byte.isASCIIDigit else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowAgain) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !overflowAgain else { return nil }
            value = sum
            isEmpty = false
        }
        return isEmpty ? nil : value
    }
}
