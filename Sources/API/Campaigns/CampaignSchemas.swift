import Core

/// The fields of a definition, for `CampaignWrite` and `Campaign`.
private func fields() -> String {
    #"""
    "name":{"type":"string","minLength":1,"maxLength":200},
    "purpose":{"enum":["marketing","transactional","service"],"default":"marketing"},
    "audience":{"$ref":"#/components/schemas/Condition"},
    "exclude":{"$ref":"#/components/schemas/Condition"},
    "channels":{"type":"array","uniqueItems":true,"items":{"$ref":"#/components/schemas/Channel"}},
    "strategy":{"enum":["all","first_reachable"],"default":"all","description":"Every subscription on the chosen channels, or per person those of the first channel that reaches them."},
    "content":{"$ref":"#/components/schemas/Content"},
    "schedule":{"type":"object","additionalProperties":false,"required":["at"],"properties":{"at":{"description":"\"now\" or an RFC 3339 time.","type":"string","minLength":1,"anyOf":[{"const":"now"},{"format":"date-time"}]}}},
    "ttl":{"type":"string","minLength":3,"maxLength":64,"pattern":"^P([1-9][0-9]{0,3}W)?([1-9][0-9]{0,4}D)?(T([1-9][0-9]{0,5}H)?([1-9][0-9]{0,7}M)?([1-9][0-9]{0,8}S)?)?$","description":"ISO 8601 duration: how long after its start a message is still worth sending; at most P28D."},
    "rate":{"type":"object","additionalProperties":false,"properties":{"per_second":{"type":"integer","minimum":1,"maximum":1000000}}},
    "if_late":{"enum":["skip","send"],"default":"skip","description":"What becomes of a start that was missed by more than an hour."}
    """#
}

private let campaignWrite = #"{"type":"object","additionalProperties":false,"required":["name"],"properties":{\#(fields())}}"#

/// Made from what it patches.
private let campaignPatch: String = {
    guard let write = try? JSONValue(parsing: Array(campaignWrite.utf8)),
        case .object(var patch) = MergePatchSchema(components: ContentSchema.schemas).patch(for: write)
    else { preconditionFailure("CampaignWrite is no schema") }
    patch["examples"] = [["name": "Ventes privées"]]
    patch["description"] = "Any of the fields of CampaignWrite; null removes one, objects are merged (RFC 7396), conditions replaced."
    return JSONValue.object(patch).text
}()

let campaignSchemas: [String: String] = ContentSchema.schemas.merging([
    "CampaignWrite": campaignWrite,
    "CampaignPatch": campaignPatch,
    "CampaignState": #"{"enum":[\#(CampaignState.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ","))]}"#,
    "Campaign": #"""
        {"type":"object","additionalProperties":false,
         "required":["id","name","state","reason","version","created_at","updated_at","scheduled_at","started_at","finished_at"],"properties":{
         "id":{"type":"string"},\#(fields()),
         "state":{"$ref":"#/components/schemas/CampaignState"},
         "reason":{"type":["string","null"],"description":"Why it failed, expired or was paused by the server; null when somebody asked for it."},
         "version":{"type":"integer","description":"Counts the changes; the ETag holds it."},
         "created_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"},
         "scheduled_at":{"type":["string","null"],"format":"date-time","description":"When it will start or was to start; what `schedule.at` says is only followed by the launch."},
         "started_at":{"type":["string","null"],"format":"date-time"},"finished_at":{"type":["string","null"],"format":"date-time"}}}
        """#,
    "CampaignList": #"""
        {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
         "data":{"type":"array","items":{"$ref":"#/components/schemas/Campaign"}},"next_cursor":{"type":["string","null"]}}}
        """#,
    "Validation": #"""
        {"type":"object","additionalProperties":false,"required":["valid","errors","warnings","estimate"],"properties":{
         "valid":{"type":"boolean","description":"Whether a launch would be taken."},
         "errors":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["pointer","code","detail"],"properties":{
           "pointer":{"type":"string","description":"JSON Pointer into the definition."},"code":{"type":"string"},"detail":{"type":"string"}}}},
         "warnings":{"type":"array","description":"Accounts that do not work at the moment.","items":{"type":"object","additionalProperties":false,
           "required":["account","code","detail"],"properties":{"account":{"type":"string"},"code":{"type":"string"},"detail":{"type":"string"}}}},
         "estimate":{"type":["object","null"],"additionalProperties":false,"required":["profiles","reachable","as_of"],"description":"Null unless valid.",
           "properties":{"profiles":{"type":"integer"},"as_of":{"type":"string","format":"date-time"},
             "reachable":{"type":"object","additionalProperties":{"type":"integer"},"description":"Profiles with an opted-in, valid subscription, per channel of the campaign."}}}}}
        """#,
]) { $1 }
