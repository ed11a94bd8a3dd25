import Core
import Segmentation
import Storage

extension StoreTransaction {
    /// Whether a condition can be compiled and every campaign it names is there. An id that names none would count nobody, and
    /// as an `exclude` let everybody through.
    ///
    /// - Throws: `InvalidInput` (`unknown_campaign`, and what compiling throws) with places inside the condition.
    func demand(_ condition: Condition) throws {
        try check(condition)
        var problems: [FieldError] = []
        for leaf in condition.leaves {
            guard case .campaign(let id, _) = leaf.condition, try campaign(id) == nil else { continue }
            problems.append(FieldError(pointer: leaf.pointer + "/campaign", code: "unknown_campaign", detail: "there is no campaign \(id)"))
        }
        guard problems.isEmpty else { throw InvalidInput(problems) }
    }
}
