import Core
import Segmentation

/// JSON Schema of a condition, with the bounds that `ConditionParser` holds. What no schema can say (at most 16 levels and 200
/// statements, bounds in order, texts counted in bytes) is answered with 422.
enum ConditionSchema {
    static let schemas: [String: String] = [
        "Condition": #"""
            {"description":"A tree of `and`, `or` and `not` over statements about one profile; at most 16 levels and 200 statements.",
             "examples":[{"and":[{"tag":"vip"},{"event":"purchase","within":"P30D","count":{"gte":2}}]}],
             "anyOf":[
             \#(list("and", of: "Condition")),\#(list("or", of: "Condition")),\#(not("Condition")),
             \#(one("all", #"{"const":true}"#)),
             \#(field("attribute")),
             \#(one("tag", words())),\#(one("language", words(#""maxLength":35,"pattern":"\#(languagePattern)""#))),
             \#(one("country", words(#""pattern":"^[A-Za-z]{2}$""#))),
             \#(one("within", circle)),
             {"$ref":"#/components/schemas/EventCondition"},
             \#(one("subscribed", subscribed)),
             \#(one("last_seen", lastSeen)),
             \#(one("app_version", appVersion)),
             \#(one("segment", #"{"type":"string","pattern":"^seg_[1-9][0-9]{0,17}$"}"#)),
             {"type":"object","additionalProperties":false,"required":["campaign","state"],"properties":{
              "campaign":{"type":"string","pattern":"^cmp_[1-9][0-9]{0,17}$"},
              "state":{"enum":[\#(DeliveryState.allCases.filter(\.isTerminal).map { "\"\($0.rawValue)\"" }.joined(separator: ","))]}}},
             \#(one("bucket", bucket))]}
            """#,
        "EventCondition": #"""
            {"type":"object","additionalProperties":false,"required":["event"],"properties":{
             "event":{"type":"string","minLength":1,"maxLength":256},"within":{"$ref":"#/components/schemas/Duration"},
             "after":{"$ref":"#/components/schemas/Moment"},"before":{"$ref":"#/components/schemas/Moment"},
             "where":{"$ref":"#/components/schemas/PropertyCondition"},
             "count":{"type":"object","additionalProperties":false,"minProperties":1,"properties":{\#(bounds(#"{"type":"integer","minimum":0,"maximum":1000000000}"#))}},
             "sum":\#(aggregate),"max":\#(aggregate),"min":\#(aggregate),"first":\#(times),"last":\#(times)}}
            """#,
        "PropertyCondition": #"""
            {"anyOf":[\#(list("and", of: "PropertyCondition")),\#(list("or", of: "PropertyCondition")),
             \#(not("PropertyCondition")),\#(field("property"))]}
            """#,
        "Moment": #"{"type":"string","description":"A date or an RFC 3339 time.","anyOf":[{"format":"date"},{"format":"date-time"}],"examples":["2026-03-01"]}"#,
        "Duration": #"""
            {"type":"string","description":"ISO 8601, whole weeks, days, hours, minutes and seconds.","minLength":3,"maxLength":64,
             "pattern":"^P([1-9][0-9]{0,3}W)?([1-9][0-9]{0,4}D)?(T([1-9][0-9]{0,5}H)?([1-9][0-9]{0,7}M)?([1-9][0-9]{0,8}S)?)?$","examples":["P30D"]}
            """#,
        "Scalar": #"{"anyOf":[{"type":"string","maxLength":1024},{"type":"number"},{"type":"boolean"}]}"#,
    ]

    static let languagePattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"

    private static let comparisons = Comparison.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")

    private static func bounds(_ schema: String) -> String {
        Comparison.allCases.map { #""\#($0.rawValue)":\#(schema)"# }.joined(separator: ",")
    }

    private static let aggregate = #"""
        {"type":"object","additionalProperties":false,"required":["property"],"minProperties":2,"properties":{
         "property":{"type":"string","minLength":1,"maxLength":256},\#(bounds(#"{"type":"number","minimum":-1e300,"maximum":1e300}"#))}}
        """#

    private static let times = #"""
        {"type":"object","additionalProperties":false,"minProperties":1,"properties":{"after":{"$ref":"#/components/schemas/Moment"},
         "before":{"$ref":"#/components/schemas/Moment"},"within_last":{"$ref":"#/components/schemas/Duration"}}}
        """#

    private static let circle = #"""
        {"type":"object","additionalProperties":false,"required":["lat","lon","radius_m"],"properties":{
         "lat":{"type":"number","minimum":-90,"maximum":90},"lon":{"type":"number","minimum":-180,"maximum":180},
         "radius_m":{"type":"number","minimum":1,"maximum":20037508}}}
        """#

    private static let subscribed = #"""
        {"type":"object","additionalProperties":false,"properties":{
         "channel":{"$ref":"#/components/schemas/Channel"},"topic":{"type":"string","minLength":1,"maxLength":256}}}
        """#

    private static let lastSeen = #"""
        {"anyOf":[
         {"type":"object","additionalProperties":false,"required":["op"],"properties":{"op":{"enum":["is_set","is_not_set"]}}},
         {"type":"object","additionalProperties":false,"required":["op","value"],"properties":{"op":{"enum":["before","after"]},"value":{"$ref":"#/components/schemas/Moment"}}},
         {"type":"object","additionalProperties":false,"required":["op","value"],"properties":{"op":{"const":"within_last"},"value":{"$ref":"#/components/schemas/Duration"}}}]}
        """#

    private static let appVersion = #"""
         {"type":"object","additionalProperties":false,"required":["op","value"],"properties":{
         "op":{"enum":[\#(comparisons)]},"value":{"type":"string","minLength":1,"maxLength":64,"examples":["5.2"]}}}
        """#

    private static let bucket = #"""
        {"type":"object","additionalProperties":false,"required":["from","to"],"description":"Percent, with at most two decimals.","properties":{
         "from":{"type":"number","minimum":0,"maximum":100},"to":{"type":"number","minimum":0,"maximum":100}}}
        """#

    private static func one(_ name: String, _ schema: String) -> String {
        #"{"type":"object","additionalProperties":false,"required":["\#(name)"],"properties":{"\#(name)":\#(schema)}}"#
    }

    private static func not(_ schema: String) -> String { one("not", ##"{"$ref":"#/components/schemas/\##(schema)"}"##) }

    private static func list(_ name: String, of schema: String) -> String {
        one(name, ##"{"type":"array","minItems":1,"maxItems":200,"items":{"$ref":"#/components/schemas/\##(schema)"}}"##)
    }

    private static func words(_ more: String = #""maxLength":256"#) -> String {
        let word = #"{"type":"string","minLength":1,\#(more)}"#
        return #"{"anyOf":[\#(word),{"type":"array","minItems":1,"maxItems":1000,"items":\#(word)}]}"#
    }

    /// A test of an attribute or a property: what `value` may be goes by `op`.
    private static func field(_ keyword: String) -> String {
        let ordered = #"{"anyOf":[{"type":"string","maxLength":1024},{"type":"number"}]}"#
        let scalar = ##"{"$ref":"#/components/schemas/Scalar"}"##
        let moment = ##"{"$ref":"#/components/schemas/Moment"}"##
        let duration = ##"{"$ref":"#/components/schemas/Duration"}"##
        let rows: [(ops: [String], value: String?)] = [
            (["is_set", "is_not_set"], nil), (["eq", "ne", "contains"], scalar),
            (["in", "not_in"], #"{"type":"array","minItems":1,"maxItems":1000,"items":\#(scalar)}"#),
            (["gt", "gte", "lt", "lte"], ordered), (["starts_with"], #"{"type":"string","minLength":1,"maxLength":1024}"#),
            (["between"], #"{"type":"array","minItems":2,"maxItems":2,"anyOf":[{"items":{"type":"string","maxLength":1024}},{"items":{"type":"number"}}]}"#),
            (["before", "after"], moment), (["within_last", "within_next", "anniversary_in"], duration),
        ]
        return rows.map { row in
            let ops = row.ops.map { "\"\($0)\"" }.joined(separator: ",")
            let value = row.value.map { #","value":\#($0)"# } ?? ""
            return #"""
                {"type":"object","additionalProperties":false,"required":["\#(keyword)","op"\#(row.value == nil ? "" : #","value""#)],"properties":{
                 "\#(keyword)":{"type":"string","minLength":1,"maxLength":256},"op":{"enum":[\#(ops)]}\#(value)}}
                """#
        }.joined(separator: ",")
    }
}
