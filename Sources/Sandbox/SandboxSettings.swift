/// How the simulated providers behave beyond what their documents fix.
package struct SandboxSettings: Sendable {
    package struct APNs: Sendable {
        /// The apps of the team.
        package var bundleIDs: Set<String> = ["com.example.shop"]
        /// How many new provider tokens per key pass in 20 minutes; Apple lets one pass per connection.
        package var freshProviderTokens = 16

        package init() {}
    }

    package struct FCM: Sendable {
        package var accessTokenSeconds: Int64 = 3_599

        package init() {}
    }

    package struct Messenger: Sendable {
        package var pageID = "1784512345678901"
        /// Whether a person whose window nobody has set can be written to.
        package var isWindowOpenByDefault = true
        /// Whether the app has the setting "Require app secret".
        package var requiresSecretProof = true
        /// Where delivery and read events go; nil for no events.
        package var callbackURL: String?
        package var sendsReads = false
        /// The app under which messages are echoed with their metadata; nil for no echoes.
        package var echoAppID: String?

        package init() {}
    }

    package struct Kannel: Sendable {
        /// The longest message in parts; what is longer is cut without a word.
        package var maxMessages = 5

        package init() {}
    }

    package struct Twilio: Sendable {
        /// Senders that belong to the account; empty to allow any.
        package var senders: Set<String> = []

        package init() {}
    }

    package var apns = APNs()
    package var fcm = FCM()
    package var messenger = Messenger()
    package var kannel = Kannel()
    package var twilio = Twilio()
    /// Whether addresses that this sandbox did not make are unknown devices and people.
    package var knowsOnlyItsOwn = false
    /// The origin that senders see, when a proxy stands before the sandbox; nil to believe `Host`.
    package var publicOrigin: String?
    /// Whether receipts keep what the messages say: without it a million receipts fit into memory.
    package var keepsTexts = true
    /// How many receipts are kept in memory; counts go on beyond it.
    package var maxReceipts = 2_000_000
    /// A file to which every receipt is appended before its answer leaves.
    package var receiptFile: String?
    /// Whether the sandbox itself calls status and webhook URLs; otherwise they wait in `pendingCallbacks`.
    package var deliversCallbacks = true
    /// Where they all go, whatever host their URLs name (`127.0.0.1:8080`): a server under test seldom listens at its
    /// public name. Nil to go to the host of the URL.
    package var callbackAddress: String?

    package init() {}
}
