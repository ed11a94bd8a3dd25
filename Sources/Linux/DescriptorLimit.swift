import Glibc

/// How many descriptors this process may have open (getrlimit(2), RLIMIT_NOFILE).
package enum DescriptorLimit {
    /// Raises the soft limit, kept low for programs that use select(2), to the hard one.
    ///
    /// - Returns: the limit from now on.
    @discardableResult
    package static func raise() -> Int {
        guard var limit = read() else { return 1_024 }
        if limit.rlim_cur < limit.rlim_max {
            let before = limit.rlim_cur
            limit.rlim_cur = limit.rlim_max
            // Without the permission the old limit stays, and is what is reported.
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// As it is now: others may change it (prlimit(1)).
    package static var current: Int { read().map { Int(clamping: $0.rlim_cur) } ?? 1_024 }

    private static func read() -> rlimit? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? limit : nil
    }
}
