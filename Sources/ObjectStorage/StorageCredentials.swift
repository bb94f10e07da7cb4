internal import System

/// What proves to the storage who asks. Its secrets do not appear when it is printed.
package struct StorageCredentials: Equatable, Sendable, CustomStringConvertible {
    package let keyID: String
    let secret: String
    let sessionToken: String?

    package init(keyID: String, secret: String, sessionToken: String? = nil) {
        (self.keyID, self.secret, self.sessionToken) = (keyID, secret, sessionToken)
    }

    package var description: String { "key \(keyID)" }
}

/// Where the credentials come from, in the order and the forms of the AWS tools. The files are read for each
/// request, so that new credentials need no restart.
package struct CredentialSource: Sendable {
    private let environment: [String: String]

    /// The variables that it reads.
    package static let variables = [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    ]

    private static let places =
        "the systemd credential \"aws\", $AWS_ACCESS_KEY_ID and $AWS_SECRET_ACCESS_KEY, ~/.aws/credentials"

    /// - Parameter environment: also `CREDENTIALS_DIRECTORY` and `HOME`.
    package init(environment: [String: String]) { self.environment = environment.filter { $1 != "" } }

    package func find() throws(StorageFault) -> StorageCredentials {
        if let directory = environment["CREDENTIALS_DIRECTORY"],
            let found = try Self.read(directory + "/aws", profile)
        {
            return found
        }
        if let keyID = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] {
            return try Self.checked(keyID, secret, environment["AWS_SESSION_TOKEN"], "$AWS_ACCESS_KEY_ID")
        }
        let path =
            environment["AWS_SHARED_CREDENTIALS_FILE"]
            ?? environment["HOME"].map { $0 + "/.aws/credentials" }
        if let path, let found = try Self.read(path, profile) { return found }
        throw .refused("there are no credentials for the storage: looked for \(Self.places)")
    }

    private var profile: String { environment["AWS_PROFILE"] ?? "default" }

    /// Nil if there is no such file.
    private static func read(_ path: String, _ profile: String) throws(StorageFault) -> StorageCredentials? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileDescriptor(opening: path).readToEnd(limit: 1 << 20)
        } catch {
            if error.isMissing { return nil }
            throw .refused("cannot read the credentials in \(path): \(error)")
        }
        let values = values(of: profile, in: String(decoding: bytes, as: UTF8.self))
        guard let keyID = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else {
            throw .refused("\(path) has no keys for the profile \"\(profile)\"")
        }
        return try checked(keyID, secret, values["aws_session_token"], path)
    }

    /// What `[profile]` of a file of credentials says.
    static func values(of profile: String, in text: String) -> [String: String] {
        var values: [String: String] = [:]
        var isMeant = false
        for line in text.split(whereSeparator: \.isNewline) {
            let words = trimmed(line)
            if words.first == "#" || words.first == ";" { continue }
            if words.first == "[" {
                isMeant = trimmed(words.dropFirst().prefix { $0 != "]" }) == profile
            } else if isMeant, let equals = words.firstIndex(of: "=") {
                let name = trimmed(words[..<equals]).lowercased()
                values[name] = String(trimmed(words[words.index(after: equals)...]))
            }
        }
        return values.filter { $1 != "" }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    /// What cannot be part of a header is a mistake. The message does not repeat it.
    private static func checked(_ keyID: String, _ secret: String, _ token: String?, _ place: String)
        throws(StorageFault) -> StorageCredentials
    {
        let texts = [keyID, secret] + (token.map { [$0] } ?? [])
        guard texts.allSatisfy({ $0.utf8.allSatisfy { (0x21..<0x7F).contains($0) } }) else {
            throw .refused("\(place) holds no credentials: they must be words of plain characters")
        }
        return StorageCredentials(keyID: keyID, secret: secret, sessionToken: token)
    }
}
