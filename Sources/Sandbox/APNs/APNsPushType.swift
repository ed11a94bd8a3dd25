import Core

/// The push types, the topics they go with, and what their payloads must hold
/// (Apple, "Sending notification requests to APNs").
enum APNsPushType: String, CaseIterable {
    case alert, background, location, voip, complication, fileprovider, mdm, liveactivity, pushtotalk, widgets, controls

    /// What the topic has after the bundle id.
    var topicSuffix: String {
        switch self {
        case .alert, .background, .mdm: ""
        case .location: ".location-query"
        case .voip: ".voip"
        case .complication: ".complication"
        case .fileprovider: ".pushkit.fileprovider"
        case .liveactivity: ".push-type.liveactivity"
        case .pushtotalk: ".voip-ptt"
        case .widgets: ".push-type.widgets"
        case .controls: ".push-type.controls"
        }
    }

    var maxPayloadBytes: Int { self == .voip ? 5_120 : 4_096 }

    /// `background` needs 5, since 10 (also the default) is an error; a push-to-talk is always urgent.
    func allows(priority: Int64) -> Bool {
        switch self {
        case .background: priority == 5
        case .liveactivity: priority == 5 || priority == 10
        case .pushtotalk: priority == 10
        default: true
        }
    }

    /// Whether the payload is of this type. Apple: a type that contradicts the payload may give an error, a delay or
    /// a silent drop; a judge takes the error.
    func fits(_ aps: JSONObject) -> Bool {
        let isVisible = aps["alert"] != nil || aps["badge"] != nil || aps["sound"] != nil
        switch self {
        case .alert: return isVisible
        case .background: return aps["content-available"] == .int(1) && !isVisible
        case .liveactivity: return fitsLiveActivity(aps)
        case .widgets, .controls: return aps["content-changed"] == .bool(true)
        case .location, .voip, .complication, .fileprovider, .mdm, .pushtotalk: return true
        }
    }

    private func fitsLiveActivity(_ aps: JSONObject) -> Bool {
        guard aps["timestamp"]?.int != nil, aps["content-state"]?.object != nil, let event = aps["event"]?.string else {
            return false
        }
        switch event {
        case "update", "end": return true
        case "start":
            return aps["attributes-type"]?.string != nil && aps["attributes"]?.object != nil && aps["alert"] != nil
        default: return false
        }
    }

    /// The type whose suffix a topic carries, and the bundle id before it.
    static func split(topic: String) -> (bundle: String, suffix: String) {
        let suffixes = allCases.map(\.topicSuffix).filter { !$0.isEmpty }
        guard let suffix = suffixes.filter({ topic.hasSuffix($0) }).max(by: { $0.utf8.count < $1.utf8.count }) else {
            return (topic, "")
        }
        return (String(topic.dropLast(suffix.count)), suffix)
    }
}
