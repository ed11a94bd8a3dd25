package import Core
import Linux
import OpenSSL

/// The files that an account configuration names, in one folder.
package struct SandboxFiles: Sendable {
    package let apnsKey: String
    package let serviceAccount: String
    package let vapidKey: String
    package let pageToken: String
    package let appSecret: String
    package let verifyToken: String
    package let kannelPassword: String
    package let twilioAuthToken: String
}

extension SandboxWorld {
    /// Writes the secrets, each into a file of mode 0600 in a folder of mode 0700.
    ///
    /// - Parameter origin: of the running sandbox: the service account names its token endpoint there.
    /// - Throws: `Errno` when the folder cannot be written.
    package func writeFiles(into folder: String, origin: String) throws -> SandboxFiles {
        try SecretFile.makeFolder(folder)
        func write(_ name: String, _ bytes: [UInt8]) throws -> String {
            try SecretFile.write(bytes, to: folder + "/" + name)
            return folder + "/" + name
        }
        return SandboxFiles(
            apnsKey: try write("AuthKey_\(apnsKeyID).p8", try apnsKey.pem()),
            serviceAccount: try write("fcm.json", try serviceAccount(origin: origin).bytes),
            vapidKey: try write("vapid.pem", try vapidKey.pem()),
            pageToken: try write("page_token", Array(pageToken.utf8)),
            appSecret: try write("app_secret", Array(appSecret.utf8)),
            verifyToken: try write("verify_token", Array(verifyToken.utf8)),
            kannelPassword: try write("kannel_password", Array(kannelPassword.utf8)),
            twilioAuthToken: try write("twilio_auth_token", Array(twilioAuthToken.utf8)))
    }

    /// The `accounts` object of a configuration whose every account points at the sandbox.
    package func accounts(_ files: SandboxFiles, settings: SandboxSettings, origin: String) -> JSONValue {
        [
            "ios-main": [
                "channel": "apns", "team_id": .string(teamID), "key_id": .string(apnsKeyID),
                "key_file": .string(files.apnsKey), "topic": .string(settings.apns.bundleIDs.sorted().first ?? ""),
                "environment": "production", "base_url": .string(origin),
            ],
            "android-main": [
                "channel": "fcm", "service_account_file": .string(files.serviceAccount), "base_url": .string(origin),
            ],
            "web": [
                "channel": "webpush", "subject": "mailto:ops@example.com", "vapid_key_file": .string(files.vapidKey),
                "allow_private_endpoints": true,
            ],
            "page": [
                "channel": "messenger", "page_id": .string(settings.messenger.pageID),
                "page_token_file": .string(files.pageToken), "app_secret_file": .string(files.appSecret),
                "verify_token_file": .string(files.verifyToken), "base_url": .string(origin),
            ],
            "sms-fr": [
                "channel": "sms", "provider": "kannel", "sender": "SHOP",
                "base_url": .string(origin + "/cgi-bin/sendsms"), "username": .string(kannelUser),
                "password_file": .string(files.kannelPassword),
            ],
        ]
    }
}
