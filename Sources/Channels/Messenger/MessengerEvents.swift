internal import Core

/// Turns one authentic webhook body into events. Anything may be missing or of another type than documented:
/// what cannot be read is passed over.
struct MessengerEvents {
    let settings: MessengerAccount
    let now: Timestamp

    func events(of body: JSONValue) -> [InboundEvent] {
        var events: [InboundEvent] = []
        for entry in body["entry"]?.array ?? [] {
            // One app may serve several Pages; each has an account of its own.
            guard entry["id"]?.string == settings.pageID else { continue }
            // `standby` holds what people say while another app leads the thread: a STOP there is a STOP.
            for item in (entry["messaging"]?.array ?? []) + (entry["standby"]?.array ?? []) {
                events += self.events(of: item, entryTime: entry["time"])
            }
        }
        return events
    }

    private func events(of item: JSONValue, entryTime: JSONValue?) -> [InboundEvent] {
        let at = time(item["timestamp"] ?? entryTime)
        if let enforcement = item["policy-enforcement"] { return policy(enforcement, at: at) }
        if let optin = item["optin"] { return self.optin(optin, item: item, at: at) }
        if item["message"]?["is_echo"]?.bool == true { return echo(item["message"], at: at) }
        guard let sender = item["sender"]?["id"]?.string, MessengerID.isPSID(sender) else { return [] }
        let person = Person(id: sender, at: at)
        if let message = item["message"] { return self.message(message, from: person) }
        if let postback = item["postback"] { return self.postback(postback, from: person) }
        if let referral = item["referral"] { return [self.referral(referral, from: person, id: person.id("referral"))] }
        if let delivery = item["delivery"] { return self.delivery(delivery, to: person) }
        if let watermark = item["read"]?["watermark"] {
            return [person.event(person.id("read"), .watermark(.opened, upTo: time(watermark)))]
        }
        return []
    }

    /// Who acted, and when.
    private struct Person {
        let id: String
        let at: Timestamp

        /// Meta gives most events no id; the same person does no two things of a kind in one millisecond.
        func id(_ kind: String) -> String { "\(id)/\(at.milliseconds)/\(kind)" }

        func event(_ id: String, _ kind: InboundEvent.Kind) -> InboundEvent {
            InboundEvent(id: id, kind: kind, address: self.id, at: at)
        }
    }

    private func message(_ message: JSONValue, from person: Person) -> [InboundEvent] {
        // Unsending is no act of writing.
        guard message["is_deleted"]?.bool != true else { return [] }
        let text = message["text"]?.string
        let id = message["mid"]?.providerID ?? person.id("message")
        return [person.event(id, .message(text: text, windowExpiresAt: person.at + settings.profile.window))]
            + stop(text, message["quick_reply"]?["payload"]?.string, from: person, id: id)
    }

    /// A tapped button, or "Get started"; behind an m.me link or an ad it brings the referral along.
    private func postback(_ postback: JSONValue, from person: Person) -> [InboundEvent] {
        let id = postback["mid"]?.providerID ?? person.id("postback")
        let title = postback["title"]?.string
        var events = [person.event(id, .message(text: title, windowExpiresAt: person.at + settings.profile.window))]
        events += stop(title, postback["payload"]?.string, from: person, id: id)
        if let referral = postback["referral"] { events.append(self.referral(referral, from: person, id: id + "/referral")) }
        return events
    }

    /// A stop keyword in the words or in the payload of what was tapped.
    private func stop(_ text: String?, _ payload: String?, from person: Person, id: String) -> [InboundEvent] {
        for words in [text, payload] {
            guard let words, settings.profile.keywords.meaning(of: words) == .stop else { continue }
            return [person.event(id + "/stop", .optOut(evidence: String(words.unicodeScalars.prefix(160))))]
        }
        return []
    }

    /// A link that carries a `ref` is a way to sign up; an ad, or a link without one, only opens the window.
    private func referral(_ referral: JSONValue, from person: Person, id: String) -> InboundEvent {
        let isAd = referral["source"]?.string == "ADS"
        let expires = person.at + (isAd ? settings.profile.adWindow : settings.profile.window)
        guard !isAd, let reference = reference(referral["ref"]) else {
            return person.event(id, .message(text: nil, windowExpiresAt: expires))
        }
        return person.event(id, .optIn(reference: reference, windowExpiresAt: expires))
    }

    /// Plugins and notification requests (Messenger Platform, "messaging_optins"). The same event carries agreeing,
    /// stopping and resuming; one-time notification tokens are no standing consent and pass by.
    private func optin(_ optin: JSONValue, item: JSONValue, at: Timestamp) -> [InboundEvent] {
        let psid = item["sender"]?["id"]?.string.flatMap { MessengerID.isPSID($0) ? $0 : nil }
        let userRef = reference(optin["user_ref"]).map { MessengerID.userRefPrefix + $0 }
        guard let address = psid ?? userRef else { return [] }
        let person = Person(id: address, at: at)
        switch optin["type"]?.string {
        case nil:
            let kind = InboundEvent.Kind.optIn(reference: reference(optin["ref"]),
                                               windowExpiresAt: at + settings.profile.window)
            return [person.event(person.id("optin"), kind)]
        case "notification_messages":
            let status = optin["notification_messages_status"]?.string ?? ""
            // "STOP_NOTIFICATIONS" and "RESUME_NOTIFICATIONS" in some versions; opting in does not open the window.
            let kind: InboundEvent.Kind =
                status.asciiLowercased.hasPrefix("stop")
                ? .optOut(evidence: "notification_messages \(String(status.unicodeScalars.prefix(40)))")
                : .optIn(reference: reference(optin["payload"]), windowExpiresAt: nil)
            return [person.event(person.id("optin"), kind)]
        default: return []
        }
    }

    /// Our own message, come back: it names its delivery, so it settles one whose answer was lost. What a person or
    /// another app wrote in the Page's name is none of ours.
    private func echo(_ message: JSONValue?, at: Timestamp) -> [InboundEvent] {
        let app = message?["app_id"].flatMap { $0.string ?? $0.int.map { String($0) } }
        guard settings.appID == nil || app == nil || app == settings.appID,
            let delivery = message?["metadata"]?.string.flatMap({ DeliveryID($0) })
        else { return [] }
        let event = InboundEvent(id: "\(message?["mid"]?.providerID ?? delivery.description)/echo",
                                 kind: .status(.delivery(delivery), .accepted, detail: "echo"), address: nil, at: at)
        return [event]
    }

    /// Message ids when Meta gives them, and the watermark: everything sent up to then has arrived.
    private func delivery(_ delivery: JSONValue, to person: Person) -> [InboundEvent] {
        var events: [InboundEvent] = []
        for mid in (delivery["mids"]?.array ?? []).compactMap(\.providerID) {
            let kind = InboundEvent.Kind.status(.provider(mid), .delivered, detail: "delivery")
            events.append(InboundEvent(id: "\(mid)/delivered", kind: kind, address: nil, at: person.at))
        }
        if let watermark = delivery["watermark"] {
            events.append(person.event(person.id("delivery"), .watermark(.delivered, upTo: time(watermark))))
        }
        return events
    }

    private func policy(_ enforcement: JSONValue, at: Timestamp) -> [InboundEvent] {
        guard let action = enforcement["action"]?.string else { return [] }
        let notice: AccountNotice =
            switch action.asciiLowercased {
            case "block": .blocked
            case "unblock": .unblocked
            default: .warning
            }
        let words = [action, enforcement["reason"]?.string].compactMap { $0 }.joined(separator: " ")
        let detail = "policy enforcement: \(String(words.unicodeScalars.prefix(300)))"
        return [InboundEvent(id: "policy/\(at.milliseconds)/\(notice.rawValue)", kind: .account(notice, detail: detail), address: nil, at: at)]
    }

    /// A plugin's `ref`, at most 250 characters.
    private func reference(_ value: JSONValue?) -> String? {
        guard let text = value?.string, (1...1_000).contains(text.utf8.count) else { return nil }
        return text
    }

    /// Milliseconds as documented; seconds and strings have been seen too, so the magnitude decides. A time that is
    /// absent, absurd or to come is now.
    private func time(_ value: JSONValue?) -> Timestamp {
        let number = value?.int ?? value?.string?.decimal ?? 0
        let time: Timestamp? =
            switch number {
            case 1..<100_000_000_000: .seconds(number)
            case 100_000_000_000..<100_000_000_000_000: Timestamp(milliseconds: number)
            default: nil
            }
        return time.map { min($0, now) } ?? now
    }
}
