import Glibc

/// An open file descriptor, owned: it closes when its owner goes away.
///
/// Not copyable, so a descriptor cannot be closed twice, which on a busy server closes somebody
/// else's connection.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The number, for system calls. It must not outlive this value.
    package let rawValue: Int32

    /// Takes over an open descriptor.
    package init(owning rawValue: Int32) {
        precondition(rawValue >= 0, "an open descriptor is not negative")
        self.rawValue = rawValue
    }

    deinit {
        // EINTR from close(2) on Linux still closes: trying again could close another descriptor.
        _ = Glibc.close(rawValue)
    }

    /// Gives up ownership: whoever takes the number closes it.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// Closes now instead of at the end of scope.
    package consuming func close() {}
}
