/// Where "now" comes from, so that tests decide what time it is.
package protocol TimeSource: Sendable {
    /// Milliseconds since some fixed moment; never goes back. For deadlines and rates.
    var monotonicMilliseconds: Int64 { get }
    /// Milliseconds since 1970-01-01T00:00:00Z; may jump. For what is stored and shown.
    var wallMilliseconds: Int64 { get }
}
