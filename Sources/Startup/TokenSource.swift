package import CommandLineTool
package import Configuration
internal import Glibc

/// Where the token comes from. The first source that has one wins.
package struct TokenSource {
    private let environment: [String: String]
    private let configuration: Configuration

    package struct Token: Sendable {
        package let secret: String
        /// Which source, for people; never the token itself.
        package let origin: String
    }

    package static let missing = Failure(
        .permission, "there is no token", hint: "set token_file or $RUNCOMFY_TOKEN")

    /// The variables that may hold it.
    package static let variables = [
        "RUNCOMFY_TOKEN", "RUNCOMFY_API_TOKEN", "RUNCOMFY_API_KEY", "YOUR_API_TOKEN",
    ]

    /// For the programs that this process starts from now on: they need no token.
    package static func removeFromEnvironment() { for name in variables { unsafe unsetenv(name) } }

    package init(environment: [String: String], configuration: Configuration) {
        self.environment = environment
        self.configuration = configuration
    }

    package func find() throws(Failure) -> Token? {
        if let directory = environment["CREDENTIALS_DIRECTORY"], !directory.isEmpty,
            case .success(let bytes) = SmallFile.read(directory + "/token", limit: 1 << 16),
            let secret = try Self.clean(bytes, "the systemd credential")
        {
            return Token(secret: secret, origin: "the systemd credential")
        }
        if let path = configuration.tokenFile {
            switch SmallFile.read(path, limit: 1 << 16, isSecret: true) {
            case .success(let bytes):
                if let secret = try Self.clean(bytes, "token_file \(path)") {
                    return Token(secret: secret, origin: path)
                }
            case .failure(.isOpenToOthers):
                throw Failure(
                    .permission, "token_file \(path) can be read or changed by others",
                    hint: "chmod 600 \(path)")
            case .failure(let fault):
                throw Failure(.permission, "cannot read token_file \(path): \(fault.reason)")
            }
        }
        for name in Self.variables {
            if let value = environment[name], let secret = try Self.clean(Array(value.utf8), "$\(name)") {
                return Token(secret: secret, origin: "$\(name)")
            }
        }
        return nil
    }

    /// Drops the newline that editors add. A token with blanks inside is a mistake, and no valid header.
    private static func clean(_ bytes: [UInt8], _ source: String) throws(Failure) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let word = words.first else { return nil }
        guard words.count == 1, word.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
            throw Failure(.permission, "\(source) holds no token: it must be one word of plain characters")
        }
        return String(word)
    }
}
