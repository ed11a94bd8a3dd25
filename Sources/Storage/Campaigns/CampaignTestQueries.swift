internal import GRDB
package import Core

extension StoreTransaction {
    /// Notes a test send, in any state of the campaign; the engine finds it with `unfrozenTests`.
    ///
    /// - Throws: `StorageError.notFound`.
    package func createTest(of id: CampaignID, profiles: [ProfileID]) throws -> CampaignTest {
        let list = JSONValue.array(profiles.map { .int($0.rawValue) }).text
        // Returns the id of the new test. Adds it with the definition as it is now.
        guard let added = try row("""
            INSERT INTO campaign_test (campaign, profiles, definition, created_at)
            SELECT id, ?, definition, ? FROM campaign WHERE id = ? RETURNING id
            """, [list, now.milliseconds, id.rawValue]),
            let test = try test(added["id"])
        else { throw StorageError.notFound }
        return test
    }

    package func test(_ id: Int64) throws -> CampaignTest? {
        // Returns one test send. Changes nothing.
        try row("SELECT t.*, c.purpose FROM campaign_test t JOIN campaign c ON c.id = t.campaign WHERE t.id = ?", [id])
            .map(CampaignTest.init(row:))
    }

    /// The test sends that have no run yet, oldest first.
    package func unfrozenTests() throws -> [CampaignTest] {
        // Returns the tests that wait for their run. Changes nothing.
        try rows("""
            SELECT t.*, c.purpose FROM campaign_test t JOIN campaign c ON c.id = t.campaign
            WHERE t.frozen_at IS NULL ORDER BY t.id
            """).map(CampaignTest.init(row:))
    }

    /// Notes that the run of a test is in the ledger. The ledger refuses a second one by itself, so a crash between is harmless.
    package func markFrozen(test id: Int64) throws {
        // Returns nothing. Sets the time once.
        try run("UPDATE campaign_test SET frozen_at = ? WHERE id = ? AND frozen_at IS NULL", [now.milliseconds, id])
    }
}

extension CampaignTest {
    fileprivate init(row: Row) {
        id = row["id"]
        campaign = CampaignID(rawValue: row["campaign"])
        purpose = Purpose(rawValue: row["purpose"]) ?? .marketing
        profiles = JSONValue(stored: row["profiles"]).array?.compactMap { $0.int.map(ProfileID.init(rawValue:)) } ?? []
        definition = row["definition"]
        createdAt = Timestamp(milliseconds: row["created_at"])
        frozenAt = row.time("frozen_at")
    }
}
