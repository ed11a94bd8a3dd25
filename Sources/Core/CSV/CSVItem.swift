/// What a CSV text is cut into.
package enum CSVItem: Sendable, Equatable {
    case record(CSVRecord)
    /// This record is not acceptable; the next ones are read.
    case refused(CSVProblem)
    /// Nothing more is read: a quote or a line end is out of place, so that nobody knows where records begin, or the first record has too many fields.
    case broken(CSVProblem)
}

package struct CSVRecord: Sendable, Equatable {
    /// The line of the text on which the record starts; counts from 1.
    package let line: Int64
    package let fields: [String]

    package init(line: Int64, fields: [String]) {
        self.line = line
        self.fields = fields
    }
}

/// Why a record is not acceptable.
package struct CSVProblem: Sendable, Equatable {
    package enum Code: String, Sendable { case invalidCSV = "invalid_csv", wrongFieldCount = "wrong_field_count", tooLong = "too_long", invalidUTF8 = "invalid_utf8" }

    /// The line on which the record starts.
    package let line: Int64
    package let code: Code
    /// Without anything of the text itself.
    package let detail: String
    /// Which field it is about, from 0; nil for the whole record.
    package let field: Int?

    package init(line: Int64, _ code: Code, _ detail: String, field: Int? = nil) {
        self.line = line
        self.code = code
        self.detail = detail
        self.field = field
    }
}
