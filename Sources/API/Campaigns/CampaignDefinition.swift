import Campaigns
import Core
import Segmentation
import Storage

/// What the marketer wrote, and its meaning: everything that is there has been checked but for what only the store knows.
struct CampaignDefinition: Sendable {
    let json: JSONValue
    let draft: CampaignDraft

    static let maxBytes = 1_048_576

    /// - Throws: `InvalidInput` with every problem.
    init(_ json: JSONValue, _ context: APIContext) throws {
        let errors = FieldErrors()
        let draft = CampaignDraft(json, rules: context.channelRules, errors: errors)
        try errors.check()
        guard let draft else { throw InvalidInput("", "invalid_value", "is no campaign") }
        guard json.bytes.count <= CampaignDefinition.maxBytes else {
            throw InvalidInput("", "too_long", "must have at most \(CampaignDefinition.maxBytes) bytes as compact JSON")
        }
        self.json = json
        self.draft = draft
    }
}

extension StoreTransaction {
    /// What keeps the conditions of a campaign from being compiled: a segment or campaign that is missing, too large a whole.
    func problems(of draft: CampaignDraft) throws -> [FieldError] {
        var problems: [FieldError] = []
        for (field, condition) in [("/audience", draft.audience), ("/exclude", draft.exclude)] {
            guard let condition else { continue }
            do { try demand(condition) } catch let input as InvalidInput { problems += input.below(field).errors }
        }
        return problems
    }
}

extension Campaign {
    /// The definition's own fields as they were written, between the id and what we know of the campaign.
    var json: JSONValue {
        let written = (try? JSONValue(parsing: Array(definition.utf8)))?.object ?? JSONObject()
        let known: [JSONObject.Member] = [
            .init(name: "state", value: .string(state.rawValue)), .init(name: "reason", value: JSONValue(reason)),
            .init(name: "version", value: .int(version)), .init(name: "created_at", value: JSONValue(createdAt)),
            .init(name: "updated_at", value: JSONValue(updatedAt)), .init(name: "scheduled_at", value: JSONValue(scheduledAt)),
            .init(name: "started_at", value: JSONValue(startedAt)), .init(name: "finished_at", value: JSONValue(finishedAt)),
        ]
        return .object(JSONObject([.init(name: "id", value: .string(id.description))] + written.members + known))
    }

    func answer(_ status: Int, headers: [(String, String)] = []) -> Answer {
        Answer(status, json, headers: [("etag", "\"\(version)\"")] + headers)
    }
}
