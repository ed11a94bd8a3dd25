import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// The configured accounts and how they are doing: `/v1/accounts`.
    static let accounts = RouteGroup("accounts", [
        Endpoint(.GET, "/v1/accounts", .server(.accountsAdmin), "The configured accounts, by name, and how they are doing.",
                 results: [(200, .schema("AccountList"))]) { call in
            let statuses = call.context.accounts.byName
            let data = call.store.accounts.values.sorted { $0.name < $1.name }.map { $0.json(statuses[$0.name]) }
            return Answer(200, ["data": .array(data), "next_cursor": .null])
        },
        Endpoint(.GET, "/v1/accounts/{name}", .server(.accountsAdmin), "One account.", results: [(200, .schema("Account"))]) { call in
            guard let account = call.store.account(named: call.parameter("name")) else { throw StorageError.notFound }
            return Answer(200, account.json(call.context.accounts.byName[account.name]))
        },
    ], schemas: [
        "Account": #"""
            {"type":"object","additionalProperties":false,"required":["name","channel","rate","waits_until","trouble"],"properties":{
             "name":{"type":"string"},"channel":{"$ref":"#/components/schemas/Channel"},
             "rate":{"description":"What may go at the moment: the configured rate, less after the provider throttled or answered late, or during the ramp. Null while nothing limits it.","oneOf":[
              {"type":"object","additionalProperties":false,"required":["per_second"],"properties":{"per_second":{"type":"number","exclusiveMinimum":0}}},
              {"type":"null"}]},
             "waits_until":{"type":["string","null"],"format":"date-time","description":"Until when the provider asked us to wait."},
             "trouble":{"type":["string","null"],"description":"Why nothing goes through it; null when it works."}}}
            """#,
        "AccountList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"$ref":"#/components/schemas/Account"}},"next_cursor":{"type":["string","null"]}}}
            """#,
    ])
}

extension Account {
    fileprivate func json(_ status: AccountStatus?) -> JSONValue {
        let rate = status?.ratePerSecond.map { rate -> JSONValue in ["per_second": .double((rate * 10).rounded() / 10)] }
        return ["name": .string(name), "channel": .string(channel.rawValue), "rate": rate ?? .null,
                "waits_until": JSONValue(status?.waitsUntil), "trouble": JSONValue(status?.trouble)]
    }
}
