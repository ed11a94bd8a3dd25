package import Core

/// What a marketer wants sent, and how far it is. `definition` is the JSON they wrote.
package struct Campaign: Sendable, Equatable {
    package let id: CampaignID
    package let name: String
    package let purpose: Purpose
    package let state: CampaignState
    /// Why it failed, expired or was paused by us; nil when a person did it.
    package let reason: String?
    /// Compact JSON; changes only while the state is draft.
    package let definition: String
    /// Counts every change of the row: the ETag.
    package let version: Int64
    package let scheduledAt: Timestamp?
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
}

/// One test send of a campaign: to the named profiles, with the definition as it was. It becomes one run of the ledger.
package struct CampaignTest: Sendable, Equatable {
    package let id: Int64
    package let campaign: CampaignID
    package let purpose: Purpose
    package let profiles: [ProfileID]
    package let definition: String
    package let createdAt: Timestamp
    /// Set once its run is in the ledger.
    package let frozenAt: Timestamp?
}
