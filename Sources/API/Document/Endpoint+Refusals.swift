import HTTPServer

extension Endpoint {
    /// The statuses of its refusals. They follow from what it is, so that none has to be listed at an endpoint; only what its
    /// properties do not tell stands in `refusals`.
    var refusedStatuses: [Int] {
        // Of the request's head and framing, whatever the resource (RFC 9110 sections 15.5 and RFC 6585).
        var statuses: Set<Int> = [400, 408, 413, 414, 415, 431]
        statuses.formUnion(refusals)
        if template.contains("{") { statuses.insert(404) }
        if access != .open { statuses.formUnion([401, 403, 429]) }
        if body != nil { statuses.insert(422) }
        if idempotency != .none { statuses.formUnion([409, 422]) }
        if takesIfMatch { statuses.formUnion([409, 412]) }
        // What is always the same touches nothing that can fail.
        if fixed == nil { statuses.formUnion([500, 503]) }
        return statuses.sorted()
    }
}
