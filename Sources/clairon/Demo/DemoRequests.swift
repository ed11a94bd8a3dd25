import Core
import Sandbox

/// The sample audience as an app's and a shop's systems write it: one JSON object for each profile, address and event.
struct DemoRequests: Sendable {
    let book: AddressBook
    /// Where the sandbox listens: browsers' endpoints are there.
    let origin: String
    let now: Timestamp

    func profile(_ person: DemoPerson) -> JSONValue {
        var attributes: JSONObject = ["tier": .string(person.tier), "city": .string(person.city.name)]
        attributes["first_name"] = person.firstName.map { .string($0) }
        return [
            "external_id": .string(person.externalID), "attributes": .object(attributes),
            "language": .string(person.language.rawValue), "timezone": .string(person.city.timezone),
            "country": .string(person.city.country), "tags": person.isStaff ? ["staff"] : [],
            "location": ["lat": .double(person.latitude), "lon": .double(person.longitude)],
        ]
    }

    /// - Parameter optIn: what the person answered when asked.
    func subscription(_ address: DemoAddress, of person: DemoPerson, optIn: Bool) -> JSONValue {
        var fields: JSONObject = [
            "profile": .string(person.externalID), "channel": .string(address.channel.rawValue),
            "account": .string(address.account), "address": book.address(address.channel, address.index, origin: origin) ?? .null,
            "opt_in": .bool(optIn),
            "consent": [
                "source": .string(address.channel == .apns || address.channel == .fcm ? "app_prompt" : "form"), "text": "v3",
                "at": .string((now - Duration.seconds(40 * 86_400)).description),
            ],
        ]
        switch address.channel {
        case .apns: (fields["app_version"], fields["os"]) = ("5.2.0", "iOS 18.1")
        case .fcm: (fields["app_version"], fields["os"]) = ("5.1.3", "Android 15")
        default: break
        }
        return .object(fields)
    }

    func events(_ person: DemoPerson) -> [JSONValue] {
        person.purchases.enumerated().map { place, purchase in
            [
                "id": .string("order-\(person.number)-\(place)"), "profile": .string(person.externalID), "name": "purchase",
                "at": .string((now - Duration.seconds(purchase.daysAgo * 86_400)).description),
                "properties": ["product": .string(purchase.product), "amount": .double(purchase.amount)],
            ]
        }
    }

    /// The address as the sandbox writes it on its receipts.
    func receiptAddress(_ address: DemoAddress) -> String {
        switch address.channel {
        case .webpush: book.webPush(address.index, origin: origin).endpoint
        default: book.address(address.channel, address.index, origin: origin)?.string ?? ""
        }
    }
}
