import Core
import HTTPServer
import Storage

extension RouteGroup {
    /// The configured accounts: `/v1/accounts`.
    static let accounts = RouteGroup("accounts", [
        Endpoint(.GET, "/v1/accounts", .server(.accountsAdmin), "The configured accounts, by name.", results: [(200, .schema("AccountList"))]) { call in
            let accounts = call.store.accounts.values.sorted { $0.name < $1.name }
            let data = accounts.map { account -> JSONValue in ["name": .string(account.name), "channel": .string(account.channel.rawValue)] }
            return Answer(200, ["data": .array(data), "next_cursor": .null])
        },
    ], schemas: [
        "Account": #"""
            {"type":"object","additionalProperties":false,"required":["name","channel"],"properties":{
             "name":{"type":"string"},"channel":{"$ref":"#/components/schemas/Channel"}}}
            """#,
        "AccountList": #"""
            {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
             "data":{"type":"array","items":{"$ref":"#/components/schemas/Account"}},"next_cursor":{"type":["string","null"]}}}
            """#,
    ])
}
