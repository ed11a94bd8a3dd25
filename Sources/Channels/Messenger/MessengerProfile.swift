package import Core

/// The limits, windows and words of the Messenger Platform, as data: Meta changes them several times a year.
package struct MessengerProfile: Sendable {
    package var apiVersion = "v25.0"

    /// How long a person's action lets us write freely, promotion included (Messenger Platform policy, standard messaging).
    package var window = Duration.seconds(24 * 3_600)
    /// The same after a Click-to-Messenger ad. The policy speaks of up to 7 days, depending on the ad: raise it knowingly.
    package var adWindow = Duration.seconds(24 * 3_600)

    /// Characters of `message.text`.
    package var maxText = 2_000
    /// Characters of a button template's text.
    package var maxButtonText = 640
    package var maxButtonTitle = 20
    package var maxQuickReplies = 13
    package var maxQuickReplyTitle = 20
    package var maxQuickReplyPayload = 1_000

    /// The title of the link button, by language; `en` is the last resort.
    package var buttonTitles = [
        "de": "Öffnen", "en": "Open", "es": "Abrir", "fr": "Ouvrir", "it": "Apri", "nl": "Openen", "pl": "Otwórz", "pt": "Abrir",
    ]

    /// Tags that once opened the window; the API refuses them since 27 April 2026 (and the older ones since March 2020).
    package var deadTags: Set<String> = [
        "CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE", "SHIPPING_UPDATE", "RESERVATION_UPDATE",
        "ISSUE_RESOLUTION", "APPOINTMENT_UPDATE", "GAME_EVENT", "TRANSPORTATION_UPDATE", "FEATURE_FUNCTIONALITY_UPDATE",
        "TICKET_UPDATE", "PAYMENT_UPDATE", "PERSONAL_FINANCE_UPDATE", "NON_PROMOTIONAL_SUBSCRIPTION",
    ]

    /// Percent of the call quota from which a refusal makes the account pause, and for how long (at most).
    package var pauseAtPercent = 95.0
    package var pause = Duration.seconds(300)
    package var maxPause = Duration.seconds(3_600)

    package var keywords = ReplyKeywords()

    package init() {}

    func buttonTitle(for language: String) -> String {
        LanguageTag.fallbacks(of: language).lazy.compactMap { buttonTitles[$0] }.first ?? buttonTitles["en"] ?? "Open"
    }
}
