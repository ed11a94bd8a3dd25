import ArgumentParser
import Core
import Dispatch
import Glibc
import Linux
import Logging

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve until SIGTERM or SIGINT.")

    @OptionGroup var options: ConfigOptions

    func run() throws {
        // First of all: whatever comes next opens something, and would only say that it cannot.
        if let shortage = DescriptorBudget.shortage(of: DescriptorLimit.raise()) { throw Failed(shortage) }
        // Blocked before any other thread exists, so that they all inherit it and only this one sees the signals.
        let signals = try SignalFD([SIGTERM, SIGINT, SIGHUP])
        // libdispatch opens its epoll, its eventfd and its timers when they are first needed, and where it cannot, it traps or
        // never wakes anybody: now it can.
        let isAwake = DispatchSemaphore(value: 0)
        Task {
            try? await Task.sleep(for: .milliseconds(1))
            isAwake.signal()
        }
        guard isAwake.wait(timeout: .now() + 10) == .success else {
            throw Failed(DescriptorBudget.shortage(of: DescriptorLimit.current) ?? "no timer has fired for ten seconds: descriptors had run out")
        }
        let log = Logger(label: "clairon") { _ in LineLogHandler() }
        let (config, path, server, watchdog) = try checkingConfig {
            try explained {
                let socket = try InheritedSocket.take()
                let (config, path) = try Config.load(from: options.config)
                let server = try RunningServer(config, path: path, log: log, socket: socket)
                return (config, path, server, try Watchdog.start(proof: server.prove))
            }
        }
        _ = try Notify.fromEnvironment().send(.ready)
        while try signals.wait() == SIGHUP {
            if let tls = config.tls { server.reloadCertificate(tls, path: path) }
        }
        log.info("stopping")
        _ = try? Notify.fromEnvironment().send(.stopping)
        watchdog.stop()
        // A second signal does not wait: everything acknowledged is on the disk already.
        _ = try Thread.start(named: "impatience") {
            while (try? signals.wait()) == SIGHUP {}
            _exit(0)
        }
        // With a socket of its own the listener closes a moment after `/readyz` has said so.
        blocking { await server.stop(notice: server.isSocketInherited ? .zero : .seconds(1)) }
    }
}

/// A start that fails while somebody lowers the limit of descriptors (prlimit(1)) fails for that reason, whatever call noticed it.
private func explained<Value>(_ start: () throws -> Value) throws -> Value {
    do {
        return try start()
    } catch {
        guard let shortage = DescriptorBudget.shortage(of: DescriptorLimit.current) else { throw error }
        throw Failed("\(shortage); \(error)")
    }
}

/// Runs async work from a thread that may block (the main thread of a command).
func blocking(_ body: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    Task {
        await body()
        done.signal()
    }
    done.wait()
}
