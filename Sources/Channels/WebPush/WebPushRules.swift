package import Core
internal import OpenSSL

/// What web push asks of registrations and of a campaign's options.
package struct WebPushRules: ChannelRules {
    package let channel = Channel.webpush

    package init() {}

    /// `PushSubscription.toJSON()` as the browser writes it: `{"endpoint":"https://…","keys":{"p256dh":"…","auth":"…"}}`.
    /// The keys are stored as base64url without padding, whatever form they came in.
    package func address(from value: JSONValue, at pointer: String, errors: FieldErrors) -> Address? {
        guard var subscription = ObjectReader(value, at: pointer, errors: errors) else { return nil }
        let endpoint = subscription.requiredString("endpoint", maxBytes: PushEndpoint.maximumBytes)
        // Browsers send it, mostly null; the services tell expiry by 410.
        _ = subscription.value("expirationTime")
        var keys = subscription.reader("keys")
        if keys == nil, !subscription.has("keys") { subscription.fail("keys", "missing", "is required") }
        let p256dh = keys?.requiredString("p256dh")
        let auth = keys?.requiredString("auth")
        keys?.finish()
        subscription.finish()
        guard let endpoint, let keys, let p256dh, let auth else { return nil }

        guard PushEndpoint(endpoint) != nil else {
            subscription.fail("endpoint", "invalid_value", "must be the https URL of a push service, as the browser gave it")
            return nil
        }
        // The point's validity is settled here once: with a bad one no message could ever be encrypted.
        guard let receiver = Receiver(p256dh: p256dh, auth: Receiver.anySecret), P256.isPoint(receiver.point) else {
            keys.fail("p256dh", "invalid_value", "must be an uncompressed point of P-256, 65 bytes in base64url (RFC 8291 section 3.1)")
            return nil
        }
        guard let checked = Receiver(p256dh: p256dh, auth: auth) else {
            keys.fail("auth", "invalid_value", "must be 16 bytes in base64url (RFC 8291 section 3.2)")
            return nil
        }
        return .webpush(
            endpoint: endpoint, p256dh: Base64URL.encode(checked.point), auth: Base64URL.encode(checked.secret))
    }

    package func checkOptions(_ options: JSONObject, at pointer: String, errors: FieldErrors) {
        _ = WebPushOptions(options, at: pointer, errors: errors)
    }
}
