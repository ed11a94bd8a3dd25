import Core
import Foundation
import Linux
import Storage

/// A data folder of its own for one test, removed at the end.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "clairon-test-" + UUID().uuidString
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open() throws -> DataFolder { try DataFolder(path: path) }

    func store(accounts: [Account] = [], maxPendingBytes: Int = 64 << 20, time: any TimeSource = SystemTime()) throws -> Store {
        try Store(folder: open(), accounts: accounts, maxPendingBytes: maxPendingBytes, time: time)
    }
}
