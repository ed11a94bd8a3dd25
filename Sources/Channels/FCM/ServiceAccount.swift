package import Core
package import OpenSSL

/// A Google service account as its JSON key file describes it.
package struct ServiceAccount: Sendable {
    package let projectID: String
    package let clientEmail: String
    package let keyID: String
    package let key: RSA.SigningKey
    /// Where access tokens are asked for, and the `aud` of the assertion.
    package let tokenURL: String

    package init(projectID: String, clientEmail: String, keyID: String, key: RSA.SigningKey, tokenURL: String) {
        self.projectID = projectID
        self.clientEmail = clientEmail
        self.keyID = keyID
        self.key = key
        self.tokenURL = tokenURL
    }

    /// Reads the file's bytes; fields that Google adds beside ours are ignored.
    ///
    /// - Throws: every problem of the file at once, never its key.
    package init(json bytes: [UInt8]) throws(InvalidInput) {
        let errors = FieldErrors()
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(parsing: bytes) } catch {
            throw InvalidInput("", "invalid_json", error.description)
        }
        guard var reader = ObjectReader(value, errors: errors) else { throw InvalidInput(errors.list) }
        if let type = reader.string("type"), type != "service_account" {
            reader.fail("type", "invalid_value", "must be service_account")
        }
        let projectID = reader.requiredString("project_id")
        let clientEmail = reader.requiredString("client_email")
        let keyID = reader.requiredString("private_key_id")
        let tokenURL = reader.has("token_uri") ? reader.requiredString("token_uri") : ServiceAccount.googleTokenURL
        var key: RSA.SigningKey?
        if let pem = reader.requiredString("private_key", maxBytes: 16_384) {
            do throws(OpenSSLError) { key = try RSA.SigningKey(pem: Array(pem.utf8)) } catch {
                reader.fail("private_key", "invalid_value", "must be an RSA key in PEM: \(error)")
            }
        }
        // Becomes a part of the request's path.
        let isPathSafe = projectID?.utf8.allSatisfy { byte in
            byte.isASCIILetter || byte.isASCIIDigit || [UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: ".")].contains(byte)
        }
        if isPathSafe == false { reader.fail("project_id", "invalid_value", "must be letters, digits, -, : and .") }
        if let tokenURL, !tokenURL.utf8.starts(with: "https://".utf8), !tokenURL.utf8.starts(with: "http://".utf8) {
            reader.fail("token_uri", "invalid_value", "must be an absolute URL")
        }
        guard errors.isEmpty, let projectID, let clientEmail, let keyID, let tokenURL, let key else {
            throw InvalidInput(errors.list)
        }
        self.init(projectID: projectID, clientEmail: clientEmail, keyID: keyID, key: key, tokenURL: tokenURL)
    }

    private static let googleTokenURL = "https://oauth2.googleapis.com/token"
}
