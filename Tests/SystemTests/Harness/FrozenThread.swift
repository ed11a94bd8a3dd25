import FoundationEssentials
import Glibc

/// One thread of another process, stopped as by a debugger (ptrace(2)) while the others run on.
final class FrozenThread {
    private let tracer: ChildProcess

    /// ptrace is variadic in C, so that Swift cannot call it: Python does.
    private static let script = """
        import ctypes, os, signal, sys
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        thread = int(sys.argv[1])
        for request in (0x4206, 0x4207):  # PTRACE_SEIZE, PTRACE_INTERRUPT
            if libc.ptrace(request, thread, None, None) != 0:
                sys.exit("ptrace: " + os.strerror(ctypes.get_errno()))
        os.waitpid(thread, 0x40000000)  # __WALL
        print("frozen", flush=True)
        signal.pause()
        """

    /// - Returns: nil when the process has no thread of that name.
    init?(_ name: String, of pid: pid_t, in folder: TemporaryFolder) throws {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
        let found = tasks.first { ChildProcess.text(of: "/proc/\(pid)/task/\($0)/comm") == name.prefix(15) + "\n" }
        guard let found else { return nil }
        tracer = try ChildProcess(["/usr/bin/env", "python3", "-c", FrozenThread.script, found], log: folder.fresh("tracer"))
        try Poll.until("thread \(name) to stand still") { () throws -> Bool in
            if let end = tracer.poll() { throw Poll.TooLate(description: "the tracer ended: \(end) \(tracer.errorText)") }
            return tracer.outputText.contains("frozen")
        }
    }

    /// The kernel lets go of what an ended tracer held.
    func thaw() { tracer.send(SIGKILL) }
}
