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
        // Blocked before any other thread exists, so that they all inherit it and only this one sees the signals.
        let signals = try SignalFD([SIGTERM, SIGINT, SIGHUP])
        let socket = try InheritedSocket.take()
        let (config, path) = try options.load()
        let log = Logger(label: "clairon") { _ in LineLogHandler() }
        let server = try checkingConfig { try RunningServer(config, path: path, log: log, socket: socket) }
        let watchdog = try Watchdog.start(proof: server.prove)
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

/// Runs async work from a thread that may block (the main thread of a command).
func blocking(_ body: @escaping @Sendable () async -> Void) {
    let done = DispatchSemaphore(value: 0)
    Task {
        await body()
        done.signal()
    }
    done.wait()
}
