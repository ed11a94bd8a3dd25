import Core

/// JSON Schema of a registration, one for each channel: what an address is goes by its channel.
enum SubscriptionSchema {
    private struct Form {
        let channel: Channel
        /// Name in `components/schemas`.
        let name: String
        let account: String
        /// JSON Schema.
        let address: String
    }

    private static let forms = [
        Form(channel: .apns, name: "APNsSubscriptionWrite", account: "ios-main", address: #"""
            {"type":"string","pattern":"^([0-9A-Fa-f]{2}){8,256}$","description":"The device token in hexadecimal.",
             "examples":["8f3a5c0e9b7d41268f3a5c0e9b7d41268f3a5c0e9b7d41268f3a5c0e9b7d4126"]}
            """#),
        Form(channel: .fcm, name: "FCMSubscriptionWrite", account: "android-main", address: #"""
            {"type":"string","minLength":1,"maxLength":4096,"pattern":"^[!-~]+$","description":"The registration token.","examples":["dQw4w9WgXcQ:APA91bHun4"]}
            """#),
        Form(channel: .webpush, name: "WebPushSubscriptionWrite", account: "web", address: ##"{"$ref":"#/components/schemas/WebPushAddress"}"##),
        Form(channel: .messenger, name: "MessengerSubscriptionWrite", account: "page", address: #"""
            {"description":"The page-scoped id of the person, or the reference of a checkbox plugin.","examples":["7410852963"],"oneOf":[
             {"type":"string","pattern":"^[0-9]{1,32}$"},
             {"type":"object","additionalProperties":false,"required":["user_ref"],"properties":{"user_ref":{"type":"string","minLength":1,"maxLength":250}}}]}
            """#),
        Form(channel: .sms, name: "SMSSubscriptionWrite", account: "sms-fr", address: #"""
            {"type":"string","pattern":"^\\+[1-9][0-9]{6,14}$","description":"E.164.","examples":["+33612345678"]}
            """#),
    ]

    static let schemas: [String: String] = {
        var schemas = Dictionary(uniqueKeysWithValues: forms.map { ($0.name, write($0)) })
        let references = forms.map { ##"{"$ref":"#/components/schemas/\##($0.name)"}"## }.joined(separator: ",")
        let mapping = forms.map { ##""\##($0.channel.rawValue)":"#/components/schemas/\##($0.name)""## }.joined(separator: ",")
        schemas["SubscriptionWrite"] = #"{"oneOf":[\#(references)],"discriminator":{"propertyName":"channel","mapping":{\#(mapping)}}}"#
        schemas["WebPushAddress"] = webPushAddress
        return schemas
    }()

    private static func write(_ form: Form) -> String {
        #"""
        {"type":"object","additionalProperties":false,"required":["profile","channel","account","address"],
         "anyOf":[{"required":["opt_in"]},{"properties":{"consent":{"type":"null"}}}],"properties":{
         "profile":{"$ref":"#/components/schemas/ExternalID"},
         "channel":{"const":"\#(form.channel.rawValue)"},
         "account":{"type":"string","minLength":1,"maxLength":128,"description":"A configured account of that channel.","examples":["\#(form.account)"]},
         "address":\#(form.address),
         "opt_in":{"type":"boolean","description":"Absent: unchanged; a new address starts without opt-in. Required beside `consent`."},
         "consent":{"$ref":"#/components/schemas/ConsentProof"},
         "language":{"type":["string","null"],"maxLength":35,"pattern":"\#(ConditionSchema.languagePattern)"},"app_version":{"type":["string","null"],"maxLength":64},"os":{"type":["string","null"],"maxLength":128},
         "identity_proof":{"type":"string","maxLength":128,"description":"App keys: hexadecimal HMAC-SHA256 of `profile` with the key's identity secret."}}}
        """#
    }

    /// The example is that of RFC 8291 section 5.
    private static let webPushAddress = #"""
        {"type":"object","additionalProperties":false,"required":["endpoint","keys"],"description":"A PushSubscription as the browser gives it.","properties":{
         "endpoint":{"type":"string","minLength":1,"maxLength":2048,"format":"uri","examples":["https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV"]},"expirationTime":{},
         "keys":{"type":"object","additionalProperties":false,"required":["p256dh","auth"],"properties":{
          "p256dh":{"type":"string","minLength":1,"maxLength":1024,"examples":["BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"]},
          "auth":{"type":"string","minLength":1,"maxLength":1024,"examples":["BTBZMqHH6r4Tts7J_aSIgg"]}}}}}
        """#
}
