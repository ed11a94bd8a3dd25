import CCurl

/// Lines in libcurl's own list, which options refer to without copying.
struct StringList: ~Copyable {
    let head: UnsafeMutablePointer<curl_slist>?

    init(_ lines: [String]) {
        head = lines.reduce(nil) { list, line in curl_slist_append(list, line) }
    }

    deinit { curl_slist_free_all(head) }

    /// Gives up ownership: the list is never freed.
    consuming func release() -> UnsafeMutablePointer<curl_slist>? {
        let list = head
        discard self
        return list
    }
}
