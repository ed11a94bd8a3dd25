/// What takes bytes from strangers, each as a function that must neither trap nor break its promise, whatever the bytes are.
///
/// Under libFuzzer (`make fuzz`) the inputs are searched for; `FuzzingTests` replays the corpus in every test run.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case head, chunked, json, csv, times, condition, template, campaign
    case answerAPNs = "answer-apns"
    case answerFCM = "answer-fcm"
    case answerWebPush = "answer-webpush"
    case answerMessenger = "answer-messenger"
    case answerKannel = "answer-kannel"
    case answerTwilio = "answer-twilio"
    case hookMessenger = "hook-messenger"
    case hookKannel = "hook-kannel"
    case hookTwilio = "hook-twilio"

    /// Traps when a promise is broken.
    package func run(_ bytes: [UInt8]) {
        switch self {
        case .head: WireTargets.head(bytes)
        case .chunked: WireTargets.chunked(bytes)
        case .json: DocumentTargets.json(bytes)
        case .csv: DocumentTargets.csv(bytes)
        case .times: DocumentTargets.times(bytes)
        case .condition: DocumentTargets.condition(bytes)
        case .template: DocumentTargets.template(bytes)
        case .campaign: DocumentTargets.campaign(bytes)
        case .answerAPNs, .answerFCM, .answerWebPush, .answerMessenger, .answerKannel, .answerTwilio:
            ProviderTargets.answer(bytes, to: self)
        case .hookMessenger: ProviderTargets.messengerHook(bytes)
        case .hookKannel: ProviderTargets.kannelHook(bytes)
        case .hookTwilio: ProviderTargets.twilioHook(bytes)
        }
    }
}
