import Core

/// What the marketer of the sample shop sends: a segment, a campaign in three languages, and who is left out.
enum DemoCampaign {
    static let channels: [Channel] = [.apns, .fcm, .webpush, .messenger, .sms]

    static let segmentName = "Gold, silver, recent buyers, Paris"
    static let name = "Ventes privées"

    /// `DemoPerson.isInSegment` says the same.
    static let condition: JSONValue = [
        "or": [
            ["attribute": "tier", "op": "in", "value": ["gold", "silver"]],
            ["event": "purchase", "count": ["gte": 1], "within": "P30D"],
            ["within": ["lat": .double(DemoCity.paris.latitude), "lon": .double(DemoCity.paris.longitude), "radius_m": 20_000]],
        ],
    ]

    static var segment: JSONValue { ["name": .string(segmentName), "condition": condition] }

    /// The Spanish texts ask for a first name and have no default: who gave none is skipped, and the report says why.
    static func campaign(segment: String) -> JSONValue {
        [
            "name": .string(name), "purpose": "marketing", "audience": ["segment": .string(segment)],
            "exclude": ["tag": "staff"], "channels": .array(channels.map { .string($0.rawValue) }), "strategy": "all",
            "content": [
                "default_language": "en",
                "fr": [
                    "title": "Bonjour {{ profile.first_name | default: 'vous' }}",
                    "body": "Les ventes privées sont ouvertes{% if profile.tier == 'gold' %}, une heure avant tout le monde{% endif %}.",
                    "url": "https://shop.example/vp",
                ],
                "en": [
                    "title": "Hello {{ profile.first_name | default: 'there' }}",
                    "body": "The private sale is open{% if profile.tier == 'gold' %}, an hour before everyone else{% endif %}.",
                    "url": "https://shop.example/sale",
                ],
                "es": [
                    "title": "Hola {{ profile.first_name }}",
                    "body": "{{ profile.first_name }}, ya puedes entrar en las ventas privadas.",
                    "url": "https://shop.example/ventas",
                ],
                "channels": [
                    "apns": ["sound": "default"],
                    "sms": [
                        "fr": ["body": "Ventes privées ouvertes : {{ url }} STOP au 36111"],
                        "en": ["body": "The private sale is open: {{ url }} STOP to 36111"],
                        "es": ["body": "{{ profile.first_name }}, ventas privadas: {{ url }} STOP al 36111"],
                    ],
                ],
            ],
            "schedule": ["at": "now"], "ttl": "PT4H",
        ]
    }
}
