import Glibc

/// A wall clock that a test sets while the server runs; its monotonic clock is the machine's, as when an administrator sets the time.
struct FakeClock {
    private static let library = "/usr/lib/\(machine)-linux-gnu/faketime/libfaketimeMT.so.1"
    /// Beside a sanitizer the library never comes to an end of its own start.
    static let isPossible = access(library, R_OK) == 0 && !ChildProcess.isSanitized

    private static var machine: String {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }

    private let file: String
    private let folder: TemporaryFolder

    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        file = folder.path + "/clock"
        try set(seconds: 0)
    }

    /// What a process that is to see it is started with.
    var environment: [String] {
        ["LD_PRELOAD=\(FakeClock.library)", "FAKETIME_TIMESTAMP_FILE=\(file)", "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
    }

    /// What runs it: the library sets a variable where it comes first, and a Swift program whose environment has moved does not find its
    /// arguments.
    var command: [String] { ["/usr/bin/env"] }

    /// Removes what the library has shared between a process and its children, and never removes itself.
    func clean(after pid: pid_t) {
        unlink("/dev/shm/faketime_shm_\(pid)")
        unlink("/dev/shm/sem.faketime_sem_\(pid)")
    }

    /// From now on it is off by so much.
    func set(seconds: Int) throws {
        // Whoever looks meanwhile sees the one or the other.
        let next = try folder.write(seconds < 0 ? "\(seconds)\n" : "+\(seconds)\n", to: folder.fresh("clock"))
        guard rename(next, file) == 0 else { throw HTTPClient.Broken(description: "rename: \(errno)") }
    }
}
