import Glibc

/// A library of Tests/Crash that stands between a server and its libc (LD_PRELOAD).
struct PreloadedLibrary {
    let path: String

    init(_ name: String, in folder: TemporaryFolder) throws {
        path = folder.fresh("\(name).so")
        let search = getenv("PATH").map { String(cString: $0) } ?? ""
        let made = try ChildProcess.run(["/usr/bin/env", "PATH=\(search)", "clang", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", path,
                                         "\(Clairon.root)/Tests/Crash/\(name).c", "-ldl"], in: folder)
        guard made.end == .exit(0) else { throw HTTPClient.Broken(description: "\(name).c: \(made.errors)") }
    }
}
