import Core
import Storage

private func words<Word: RawRepresentable>(_ all: [Word]) -> String where Word.RawValue == String {
    #"{"enum":[\#(all.map { "\"\($0.rawValue)\"" }.joined(separator: ","))]}"#
}

let deliveryStates = words(WebhookDelivery.State.allCases)

/// JSON Schemas of webhooks, by name.
let webhookSchemas: [String: String] = [
    "WebhookEvent": words(WebhookEvent.offered),
    "WebhookWrite": #"""
        {"type":"object","additionalProperties":false,"required":["url","events"],"properties":{\#(fields)},
         "examples":[{"url":"https://shop.example.com/hooks/clairon","events":["campaign.finished","subscription.opted_out"]}]}
        """#,
    "WebhookPatch": #"""
        {"type":"object","additionalProperties":false,"properties":{\#(fields),
         "enabled":{"type":"boolean","description":"What was to go to a disabled webhook waits; what happens meanwhile is not kept for it."}},
         "examples":[{"enabled":true}]}
        """#,
    "Webhook": webhook(),
    "CreatedWebhook": webhook(#","secret":{"type":"string","description":"`whsec_` and the key in Base64, told only now; absent in a replay."}"#),
    "WebhookList": list(of: "Webhook"),
    "WebhookDelivery": #"""
        {"type":"object","additionalProperties":false,
         "required":["id","webhook","message","event","state","attempts","response_status","error","next_at","created_at","updated_at"],"properties":{
         "id":{"type":"string"},"webhook":{"type":"string"},
         "message":{"type":"string","description":"The header `webhook-id`: the same in every attempt."},
         "event":\#(words(WebhookEvent.allCases)),"state":\#(deliveryStates),
         "attempts":{"type":"integer","description":"Those that have ended, since it was made or last replayed."},
         "response_status":{"type":["integer","null"],"description":"Of the last attempt."},
         "error":{"type":["string","null"],"description":"Why the last attempt had no answer."},
         "next_at":{"type":["string","null"],"format":"date-time","description":"When it is tried next; null unless it is pending."},
         "created_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"}}}
        """#,
    "WebhookDeliveryList": list(of: "WebhookDelivery"),
]

private let fields = ##"""
    "url":{"type":"string","format":"uri","minLength":1,"maxLength":\##(WebhookInput.maxURLBytes),"description":"https, and nowhere private, unless the operator allows it."},
    "description":{"type":"string","maxLength":\##(WebhookInput.maxDescriptionBytes)},
    "events":{"type":"array","minItems":1,"maxItems":50,"items":{"$ref":"#/components/schemas/WebhookEvent"}}
    """##

private func webhook(_ more: String = "") -> String {
    ##"""
    {"type":"object","additionalProperties":false,
     "required":["id","url","description","events","enabled","disabled_reason","previous_secret_until","succeeded_at","version","created_at","updated_at"],"properties":{
     "id":{"type":"string"},"url":{"type":"string"},"description":{"type":"string"},
     "events":{"type":"array","items":{"$ref":"#/components/schemas/WebhookEvent"}},"enabled":{"type":"boolean"},
     "disabled_reason":{"enum":["gone","failing",null],"description":"Why the server disabled it: it answered 410, or a delivery was tried to the end and nothing else got through."},
     "previous_secret_until":{"type":["string","null"],"format":"date-time","description":"Until when the secret before the last rotation signs too."},
     "succeeded_at":{"type":["string","null"],"format":"date-time","description":"When it last answered 2xx."},"version":{"type":"integer"},
     "created_at":{"type":"string","format":"date-time"},"updated_at":{"type":"string","format":"date-time"}\##(more)}}
    """##
}

private func list(of schema: String) -> String {
    ##"""
    {"type":"object","additionalProperties":false,"required":["data","next_cursor"],"properties":{
     "data":{"type":"array","items":{"$ref":"#/components/schemas/\##(schema)"}},"next_cursor":{"type":["string","null"]}}}
    """##
}
