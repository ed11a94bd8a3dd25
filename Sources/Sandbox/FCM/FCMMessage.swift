/// The request of `messages:send` as a shape (Firebase, REST reference, `projects.messages`).
enum FCMMessage {
    static let request = ProtoShape.message(["validate_only": .bool, "message": message])

    private static let message = ProtoShape.message([
        "name": .string, "fid": .string, "token": .string, "topic": .string, "condition": .string, "data": .stringMap,
        "notification": .message(["title": .string, "body": .string, "image": .string]),
        "android": android, "apns": apns, "webpush": webpush, "fcm_options": .message(["analytics_label": .string]),
    ])

    private static let android = ProtoShape.message([
        "collapse_key": .string, "priority": .words(["NORMAL", "HIGH", "normal", "high"]), "ttl": .duration,
        "restricted_package_name": .string, "data": .stringMap, "notification": androidNotification,
        "fcm_options": .message(["analytics_label": .string]), "direct_boot_ok": .bool,
        "bandwidth_constrained_ok": .bool, "restricted_satellite_ok": .bool,
    ])

    private static let androidNotification = ProtoShape.message([
        "title": .string, "body": .string, "icon": .string, "color": .string, "sound": .string, "tag": .string,
        "click_action": .string, "body_loc_key": .string, "body_loc_args": .list(.string), "title_loc_key": .string,
        "title_loc_args": .list(.string), "channel_id": .string, "image": .string, "ticker": .string,
        "sticky": .bool, "event_time": .timestamp, "local_only": .bool,
        "notification_priority": .words([
            "PRIORITY_UNSPECIFIED", "PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX",
        ]),
        "default_sound": .bool, "default_vibrate_timings": .bool, "default_light_settings": .bool,
        "vibrate_timings": .list(.duration),
        "light_settings": .message([
            "color": .message(["red": .number, "green": .number, "blue": .number, "alpha": .number]),
            "light_on_duration": .duration, "light_off_duration": .duration,
        ]),
        "visibility": .words(["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"]),
        "notification_count": .integer,
        "proxy": .words(["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"]),
    ])

    private static let apns = ProtoShape.message([
        "headers": .stringMap, "payload": .anything, "live_activity_token": .string,
        "fcm_options": .message(["analytics_label": .string, "image": .string]),
    ])

    private static let webpush = ProtoShape.message([
        "headers": .stringMap, "data": .stringMap, "notification": .anything,
        "fcm_options": .message(["link": .string, "analytics_label": .string]),
    ])
}
