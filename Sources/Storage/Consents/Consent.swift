package import Core

/// How a person agreed or refused, as whoever asked them recorded it.
package struct ConsentProof: Sendable, Equatable {
    /// Where it was asked (`app_prompt`, `sms_keyword`, `api`).
    package var source: String
    /// Version or words of the text that was shown.
    package var text: String?
    /// When the person decided; now when nobody said.
    package var at: Timestamp?
    /// The topics agreed to; nil says nothing about topics.
    package var topics: [String]?
    package var evidence: JSONObject?

    package init(source: String, text: String? = nil, at: Timestamp? = nil, topics: [String]? = nil, evidence: JSONObject? = nil) {
        self.source = source
        self.text = text
        self.at = at
        self.topics = topics
        self.evidence = evidence
    }
}

/// One row of the consent history: never changed once written.
package struct Consent: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case granted, withdrawn }

    package let id: Int64
    /// Nil once the subscription is deleted.
    package let subscription: SubscriptionID?
    package let channel: Channel
    package let account: String
    package let state: State
    package let proof: ConsentProof
    package let at: Timestamp
    package let recordedAt: Timestamp
}
