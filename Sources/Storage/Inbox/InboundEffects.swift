package import Core

/// What an inbound event did to clairon.db.
package enum InboundEffect: Sendable, Equatable {
    /// It was seen before.
    case repeated
    /// Nobody here has that address, or the event says nothing that is kept.
    case ignored
    case applied
    /// The provider speaks of the account; these campaigns were paused for it.
    case account(AccountNotice, detail: String, paused: [CampaignID])
}

extension StoreTransaction {
    /// Does what a provider's event asks for, once: the event's id and its effect are one transaction.
    ///
    /// - A refusal opts the address out on this account and is always written to the history, also of somebody who had not
    ///   agreed: a list made before must not opt them in.
    /// - An agreement opts in. By SMS a keyword renews an agreement that was there before; from a number that never agreed,
    ///   or that nobody registered, it shows no text that was agreed to and changes nothing.
    /// - Whoever writes or agrees on Messenger is registered, under the profile that the opt-in's reference names if there is
    ///   one, else under `messenger:<id>`. Writing is no agreement: it opens the window. References come from links that anybody
    ///   can write, so an address that has an owner keeps them.
    /// - Statuses and watermarks are the ledger's and not for here.
    ///
    /// - Precondition: the account is configured.
    package func apply(_ event: InboundEvent, account name: String) throws -> InboundEffect {
        guard let row = store.accountIDs[name], let account = store.accounts[row] else {
            preconditionFailure("\(name) is not a configured account")
        }
        guard try receive(event: event.id, account: row) else { return .repeated }
        if case .account(let notice, let detail) = event.kind { return try heed(notice, detail: detail, of: account) }
        guard let address = event.address else { return .ignored }
        let known = try subscription(account: name, address: address)
        switch event.kind {
        case .optOut(let evidence):
            guard let known else { return .ignored }
            try withdraw(known, ConsentProof(source: account.channel.replySource, at: event.at, evidence: proof(of: event, keyword: evidence)))
        case .optIn(let reference, let expires):
            return try agree(event, known, reference: reference, windowExpiresAt: expires, account: account)
        case .message(_, let expires):
            guard let person = try known ?? newcomer(address, reference: nil, account: account) else { return .ignored }
            try renew(person, address: address, windowExpiresAt: expires, account: account)
            try touch(profile: person.profile, at: event.at)
        case .addressInvalid(let detail):
            guard let known else { return .ignored }
            _ = try invalidate(subscription: known.id, reason: detail, at: event.at, unlessRegisteredAfter: event.at)
        case .account, .status, .watermark: return .ignored
        }
        return .applied
    }

    private func withdraw(_ subscription: Subscription, _ proof: ConsentProof) throws {
        if subscription.optIn { _ = try decide(false, subscription: subscription.id, proof: proof) }
        else { try record(.withdrawn, proof, of: subscription) }
    }

    private func agree(_ event: InboundEvent, _ known: Subscription?, reference: String?, windowExpiresAt: Timestamp?,
                       account: Account) throws -> InboundEffect {
        guard let address = event.address else { return .ignored }
        if account.channel == .sms {
            guard let known, try hasGranted(known) else { return .ignored }
            _ = try decide(true, subscription: known.id,
                           proof: ConsentProof(source: account.channel.replySource, at: event.at, evidence: proof(of: event, keyword: reference)))
            return .applied
        }
        guard let person = try known ?? newcomer(address, reference: reference, account: account) else { return .ignored }
        try renew(person, address: address, windowExpiresAt: windowExpiresAt, account: account)
        var evidence = proof(of: event, keyword: nil)
        if let reference { evidence["reference"] = .string(reference) }
        _ = try decide(true, subscription: person.id,
                       proof: ConsentProof(source: account.channel.replySource, at: event.at, evidence: evidence))
        try touch(profile: person.profile, at: event.at)
        return .applied
    }

    /// Registers somebody who came by themselves, without opt-in; nil on channels where an address alone is nobody.
    private func newcomer(_ address: String, reference: String?, account: Account) throws -> Subscription? {
        guard account.channel == .messenger else { return nil }
        var owner = "messenger:\(address)"
        if let reference, try profileID(reference) != nil { owner = reference }
        return try register(Registration(profile: owner, account: account.name, address: .messenger(psid: address))).value
    }

    /// Whoever writes is there: a dead address lives again, and the window is open.
    private func renew(_ person: Subscription, address: String, windowExpiresAt: Timestamp?, account: Account) throws {
        if case .invalid = person.status, let address = person.address {
            _ = try register(Registration(profile: person.profileExternalID, account: account.name, address: address))
        }
        if let windowExpiresAt { _ = try openWindow(subscription: person.id, until: windowExpiresAt) }
    }

    private func proof(of event: InboundEvent, keyword: String?) -> JSONObject {
        var evidence: JSONObject = ["event": .string(event.id)]
        if let keyword { evidence["keyword"] = .string(keyword) }
        return evidence
    }

    /// A provider that blocks an account would refuse every message: what runs on its channel waits for the operator.
    private func heed(_ notice: AccountNotice, detail: String, of account: Account) throws -> InboundEffect {
        var paused: [CampaignID] = []
        for campaign in try notice == .blocked ? campaigns(in: [.running]) : [] {
            let channels = JSONValue(stored: campaign.definition)["channels"]?.array ?? []
            guard channels.contains(.string(account.channel.rawValue)) else { continue }
            _ = try transition(campaign.id, to: .paused,
                               reason: "\(Reason.providerConfig.rawValue): account \(account.name) is blocked (\(detail))")
            paused.append(campaign.id)
        }
        try announce(notice, detail: detail, of: account, paused: paused)
        return .account(notice, detail: detail, paused: paused)
    }
}

extension Channel {
    /// Where a person's decision was heard, for the consent history.
    fileprivate var replySource: String { self == .sms ? "sms_keyword" : "\(rawValue)_callback" }
}
