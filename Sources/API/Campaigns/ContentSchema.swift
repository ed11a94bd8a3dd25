import Core

/// JSON Schema of a campaign's content: texts by language, and what each channel takes besides. What no schema can say (a text
/// for every channel, options that exclude one another) is answered with 422.
enum ContentSchema {
    static let schemas: [String: String] = [
        "Content": #"""
            {"type":"object","additionalProperties":false,"required":["default_language"],"propertyNames":{"maxLength":35},
             "description":"Texts by language, options by channel; see the guide on content. Each channel needs a `body` in some language, `default_language` must be one of them: else 422, `no_text` for the body that is missing.",
             "examples":[{"default_language":"fr","fr":{"title":"Bonjour","body":"C'est parti"}}],
             "properties":{"default_language":{"type":"string","minLength":2,"maxLength":35,"pattern":"\#(ConditionSchema.languagePattern)"},
              "channels":{"type":"object","additionalProperties":false,"properties":{\#(channels)}}},
             "patternProperties":{"\#(ConditionSchema.languagePattern)":{"$ref":"#/components/schemas/Texts"}}}
            """#,
        "Texts": #"""
            {"type":"object","additionalProperties":false,"description":"Templates of one language; `body` must be here or at the channel.","properties":{
             "title":{"type":"string","minLength":1,"maxLength":1024},"subtitle":{"type":"string","minLength":1,"maxLength":1024},
             "body":{"type":"string","minLength":1,"maxLength":16384},"url":{"type":"string","minLength":1,"maxLength":4096},
             "app_url":{"type":"string","minLength":1,"maxLength":4096},"image":{"type":"string","minLength":1,"maxLength":4096},
             "data":{"type":"object","maxProperties":32,"propertyNames":{"minLength":1,"maxLength":64,"pattern":"^[^\\u0000-\\u001f\\u007f]+$"},
               "additionalProperties":{"type":"string","minLength":1,"maxLength":4096}}}}
            """#,
        "APNsContent": channel(#"""
            "badge":\#(count),"sound":{"anyOf":[\#(text(256)),{"type":"object","additionalProperties":false,"required":["name"],"properties":{
              "critical":{"type":"boolean"},"name":{"type":"string","minLength":1,"maxLength":256},"volume":\#(share)}}]},
            "category":\#(text()),"thread_id":\#(text()),"target_content_id":\#(text()),"filter_criteria":\#(text()),"launch_image":\#(text()),
            "interruption_level":{"enum":["passive","active","critical","time-sensitive"]},"relevance_score":\#(share),
            "mutable_content":{"type":"boolean"},"background":{"type":"boolean"},"priority":{"enum":[1,5,10]}
            """#),
        "FCMContent": channel(#"""
            "priority":{"enum":["high","normal"]},"data_only":{"type":"boolean"},"channel_id":\#(text(256)),"icon":\#(text(256)),"sound":\#(text(256)),
            "tag":\#(text(256)),"click_action":\#(text(256)),"ticker":\#(text(256)),"color":{"type":"string","pattern":"^#[0-9A-Fa-f]{6}$"},
            "notification_count":\#(count),"visibility":{"enum":["private","public","secret"]},"sticky":{"type":"boolean"},
            "restricted_package_name":\#(text(256)),"analytics_label":{"type":"string","pattern":"^[A-Za-z0-9_.~%-]{1,50}$"}
            """#),
        "WebPushContent": channel(#"""
            "urgency":{"enum":["very-low","low","normal","high"]},"icon":\#(url),"badge":\#(url),"app_badge":\#(count),"tag":\#(text(64)),
            "dir":{"enum":["auto","ltr","rtl"]},"silent":{"type":"boolean"},"renotify":{"type":"boolean"},"require_interaction":{"type":"boolean"},
            "mutable":{"type":"boolean"},"actions":{"type":"array","maxItems":4,"items":{"type":"object","additionalProperties":false,
              "required":["action","title","navigate"],"properties":{"action":{"type":"string","minLength":1,"maxLength":256},
              "title":{"type":"string","minLength":1,"maxLength":256},"navigate":\#(url),"icon":\#(url)}}}
            """#),
        "MessengerContent": channel(#"""
            "notification_type":{"enum":["REGULAR","SILENT_PUSH","NO_PUSH"]},"button_title":{"type":"string","minLength":1,"maxLength":20},
            "quick_replies":{"type":"array","maxItems":13,"items":{"type":"object","additionalProperties":false,
              "anyOf":[{"required":["title","payload"]},{"required":["content_type"],"properties":{"content_type":{"enum":["user_phone_number","user_email"]}}}],
              "properties":{"content_type":{"enum":["text","user_phone_number","user_email"],"default":"text"},"title":{"type":"string","minLength":1,"maxLength":20},
              "payload":{"type":"string","minLength":1,"maxLength":1000},"image_url":\#(url)}}},
            "utility_template":{"type":"object","additionalProperties":false,"required":["name","language"],"properties":{
              "name":{"type":"string","minLength":1,"maxLength":512},"language":{"type":"string","maxLength":35,"pattern":"^[A-Za-z0-9_-]+$"},
              "components":{"type":"array","maxItems":10,"items":{"type":"object","additionalProperties":false,"required":["type"],"properties":{
                "type":{"enum":["header","body","buttons"]},"parameters":{"type":"array","maxItems":30,"items":{"type":"object","additionalProperties":false,
                "oneOf":[{"required":["text"]},{"required":["field"]}],"properties":{"type":{"const":"text"},"text":\#(text(4_096)),
                "field":{"type":"string","maxLength":1024,"pattern":"^(title|body|url|data\\..+)$"},"parameter_name":\#(text())}}}}}}}}
            """#),
        "SMSContent": channel(#"""
            "encoding_policy":{"enum":["auto","gsm_only","ucs2"]},"max_segments":{"type":"integer","minimum":1,"maximum":255},"append_url":{"type":"boolean"}
            """#),
    ]

    private static let channels = [(Channel.apns, "APNs"), (.fcm, "FCM"), (.webpush, "WebPush"), (.messenger, "Messenger"), (.sms, "SMS")]
        .map { ##""\##($0.rawValue)":{"$ref":"#/components/schemas/\##($1)Content"}"## }.joined(separator: ",")

    /// Options, and texts by language: of two letters, since longer names are those of options.
    private static func channel(_ options: String) -> String {
        #"""
        {"type":"object","additionalProperties":false,"propertyNames":{"maxLength":35},
         "description":"Options of the channel, and by language what it says in place of the common texts; languages of three letters only where the content has them.",
         "properties":{\#(options)},"patternProperties":{"^[A-Za-z]{2}(-[A-Za-z0-9]{1,8})*$":{"$ref":"#/components/schemas/Texts"}}}
        """#
    }

    private static func text(_ length: Int = 1_024) -> String { #"{"type":"string","maxLength":\#(length)}"# }

    private static let count = #"{"type":"integer","minimum":0,"maximum":1000000}"#
    private static let share = #"{"type":"number","minimum":0,"maximum":1}"#
    private static let url = #"{"type":"string","minLength":8,"maxLength":2048,"format":"uri"}"#
}
