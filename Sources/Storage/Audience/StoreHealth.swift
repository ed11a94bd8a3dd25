import Core
internal import GRDB

extension StoreTransaction {
    /// Proves that the file can be written.
    package func beat() throws {
        // Returns nothing. Notes the time.
        try run("INSERT INTO meta (key, value) VALUES ('heartbeat_at', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1", [now.milliseconds])
    }
}
