import Core
import HTTPServer

extension Request {
    /// Whether its sender prefers what goes by that name, in whatever way it can be had (RFC 7240 section 2).
    ///
    /// - Parameter name: in lower case.
    func prefers(_ name: String) -> Bool {
        headers.all("prefer").contains { Preferences.names(of: $0).contains(Array(name.utf8)) }
    }
}

/// `Prefer: respond-async, wait=100; foo="a,b"`
enum Preferences {
    /// What one field names, in lower case and without values and parameters.
    static func names(of field: String) -> [[UInt8]] {
        var names: [[UInt8]] = [[]]
        var isNamed = false
        var isQuoted = false
        var isEscaped = false
        for byte in field.utf8 {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isQuoted: isEscaped = true
            case UInt8(ascii: "\""):
                isQuoted.toggle()
                isNamed = true
            case _ where isQuoted: break
            case UInt8(ascii: ","):
                names.append([])
                isNamed = false
            case UInt8(ascii: " "), UInt8(ascii: "\t"): isNamed = isNamed || names.last?.isEmpty == false
            case UInt8(ascii: ";"), UInt8(ascii: "="): isNamed = true
            default: if !isNamed { names[names.count - 1].append(byte.asciiLowercased) }
            }
        }
        return names
    }
}
