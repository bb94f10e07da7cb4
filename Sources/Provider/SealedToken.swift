internal import HTTP

/// Removes the token from answers. A server that echoes it would bring it into logs, messages and the
/// database.
struct SealedToken {
    private static let mark = Array("[token]".utf8)

    private let token: [UInt8]

    /// Words that any answer may contain are not secret, and removing them would make answers unreadable.
    init(_ token: String) {
        let bytes = Array(token.utf8)
        let isWord = bytes.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        self.token = bytes.count >= (isWord ? 9 : 6) ? bytes : []
    }

    func seal(_ response: HTTPResponse) -> HTTPResponse {
        guard let body = sealed(response.body) else { return response }
        var response = response
        response.body = body
        // It could still be read in the encoded body.
        response.encoded = nil
        return response
    }

    func seal(_ error: HTTPError) -> HTTPError {
        switch error {
        case .noAnswer(let reason, let partial): .noAnswer(reason, partial: partial.map(seal))
        case .bodyTooLarge(let response): .bodyTooLarge(seal(response))
        default: error
        }
    }

    /// Nil if the token is not in it.
    private func sealed(_ body: [UInt8]) -> [UInt8]? {
        guard let first = token.first else { return nil }
        var result: [UInt8] = []
        var copied = 0
        var index = 0
        while index + token.count <= body.count {
            if body[index] == first, body[index..<index + token.count].elementsEqual(token) {
                result += body[copied..<index] + Self.mark
                index += token.count
                copied = index
            } else {
                index += 1
            }
        }
        return copied == 0 ? nil : result + body[copied...]
    }
}
