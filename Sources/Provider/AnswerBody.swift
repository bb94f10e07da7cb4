internal import HTTP
internal import JSON

/// An answer whose body is read as far as possible: as JSON, as the service's error, or as text to show.
struct AnswerBody {
    /// How much is shown of a body that is not JSON.
    static let shownLength = 200
    let response: HTTPResponse
    let json: JSON?
    let error: ServiceError?

    init(_ response: HTTPResponse) {
        self.response = response
        json = try? JSON(parsing: response.body)
        error = json.flatMap(ServiceError.init)
    }

    private var bytes: [UInt8] { response.body }

    /// For a person to look at.
    var kept: KeptAnswer { KeptAnswer(response) }

    /// Whether it is a page, as proxies and CDNs send when the service cannot be reached.
    var isMarkup: Bool { bytes.first { $0 > 0x20 } == UInt8(ascii: "<") }

    /// The answer in one line.
    var reason: String {
        let status = response.status
        if let message = error?.message { return "HTTP \(status): \(message)" }
        if let code = error?.code { return "HTTP \(status): error \(code)" }
        if bytes.contains(where: Self.isBinary) {
            return "HTTP \(status): \(bytes.count) bytes that are not text"
        }
        let text = SealedAddress.seal(String(decoding: bytes.prefix(4 * Self.shownLength), as: UTF8.self))
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(words.prefix(Self.shownLength))"
    }

    /// No text has these bytes, in any encoding.
    private static func isBinary(_ byte: UInt8) -> Bool {
        byte < 0x20 && !(0x07...0x0D).contains(byte) && byte != 0x1B
    }
}
