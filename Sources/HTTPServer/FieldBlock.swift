import HTTPWire

/// Header fields that many answers have in common: checked and laid out once instead of for each answer.
package final class FieldBlock: Sendable {
    /// Whole lines, with their ends.
    let lines: [UInt8]

    /// - Parameter fields: the program's own, fit to be sent and none of those that the server writes: anything else is a bug.
    package init(_ fields: [(String, String)]) {
        var lines: [UInt8] = []
        for (name, value) in fields {
            let isSendable = !ResponseHead.isServers(name) && ResponseHead.appendField(name, value, to: &lines)
            precondition(isSendable, "\(name) is no field for an answer")
        }
        self.lines = lines
    }
}
