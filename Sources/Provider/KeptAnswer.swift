internal import HTTP
package import JSON

/// What is kept of an answer for a person to look at: every byte except the token and the
/// signatures of addresses.
package struct KeptAnswer: Equatable, Sendable {
    /// The service's own answers have some hundred bytes. In others, an id may be anywhere.
    static let longest = 1 << 20

    /// The body, decoded.
    package let bytes: [UInt8]
    /// The body as it came, and its encoding, if it could not be decoded completely.
    let encoded: [UInt8]?
    let encoding: String?

    init(_ response: HTTPResponse) {
        let isEncoded = response.encoded == nil && response.isEncoded
        let body = Array(response.body.prefix(Self.longest))
        let sealed = SealedAddress.sealed(body)
        bytes = isEncoded ? [] : sealed ?? body
        // It could still be read in the encoded body.
        let raw = sealed == nil ? response.encoded?.bytes ?? (isEncoded ? response.body : nil) : nil
        encoded = raw.map { Array($0.prefix(Self.longest)) }
        encoding = response.encoded?.words ?? (isEncoded ? response.headers["content-encoding"] : nil)
    }

    private init(text: String) {
        bytes = Array(text.utf8)
        encoded = nil
        encoding = nil
    }

    /// For an event's detail. Bytes that are not text are in Base64, under a name that says so.
    package var members: JSONObject {
        var members: JSONObject = [:]
        if encoded == nil, String(validating: bytes, as: UTF8.self) == nil {
            members["answer_base64"] = .string(Base64.text(of: bytes))
        } else if encoded == nil || !bytes.isEmpty {
            members["answer"] = .string(String(decoding: bytes, as: UTF8.self))
        }
        if let encoded {
            members["answer_base64"] = .string(Base64.text(of: encoded))
            members["answer_encoding"] = .optional(encoding)
        }
        return members
    }
}

extension KeptAnswer: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral text: String) { self.init(text: text) }
    package var description: String { JSON.object(members).text }
}
