import ArgumentParser

/// A command that cannot do what it was asked: the reason, with what to do about it. Exit code 1.
struct Failed: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension ExitCode {
    /// The configuration is wrong (EX_CONFIG of sysexits.h).
    static let config = ExitCode(78)
}
