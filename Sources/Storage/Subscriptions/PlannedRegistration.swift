import Core

/// A registration with everything worked out that needs no database, so that the writer's thread has only its statements to run.
package struct PlannedRegistration: Sendable {
    let registration: Registration
    /// Row of the account.
    let account: Int64
    let profileHash: Int64
    let bucket: Int64
    let addressHash: Int64
    /// Of the version that it says; nil when it says none.
    let appVersionKey: String?
    /// Its topics are sorted and each there once.
    let proof: ConsentProof
    /// As the consent history keeps them.
    let topics: String?
    let evidence: String?

    /// - Throws: `InvalidInput` for an account that is not configured or of another channel.
    package init(_ registration: Registration, for store: Store) throws {
        let channel = registration.address.channel
        guard let account = store.accountIDs[registration.account], store.accounts[account]?.channel == channel else {
            throw InvalidInput("/account", "unknown_account", "is not a configured \(channel.rawValue) account")
        }
        self.registration = registration
        self.account = account
        profileHash = store.hash.index(registration.profile)
        bucket = store.hash.bucket(of: registration.profile)
        addressHash = store.hash.index(registration.address.identity)
        appVersionKey = registration.appVersion.applied(to: nil).flatMap { AppVersion($0)?.sortKey }
        proof = (registration.proof ?? ConsentProof(source: "api")).tidied
        topics = proof.topicsJSON
        evidence = proof.evidenceJSON
    }
}

extension ConsentProof {
    /// With its topics in the order of their bytes, which is SQLite's, each once.
    var tidied: ConsentProof {
        guard let topics, topics.count > 1 else { return self }
        var proof = self
        proof.topics = topics.inByteOrder()
        return proof
    }

    var topicsJSON: String? {
        topics.map { topics in
            var text: [UInt8] = []
            JSONValue.write(strings: topics, into: &text)
            return String(decoding: text, as: UTF8.self)
        }
    }
    var evidenceJSON: String? { evidence.map { JSONValue.object($0).text } }
}
