internal import HTTP
internal import JSON

/// A body, read as far as it can be: as JSON, as the service's error, or as a few words to show.
struct AnswerBody {
    /// How much of a body that is no JSON is shown.
    static let shownLength = 200
    let bytes: [UInt8]
    /// For a person to look at.
    let kept: KeptAnswer
    let json: JSON?
    let error: ServiceError?

    init(_ response: HTTPResponse) {
        bytes = response.body
        kept = KeptAnswer(response)
        json = try? JSON(parsing: bytes)
        error = json.flatMap(ServiceError.init)
    }

    /// Whether it is a page, as proxies and CDNs send when the service cannot be had.
    var isMarkup: Bool { bytes.first { $0 > 0x20 } == UInt8(ascii: "<") }

    /// One line that says what came.
    func reason(_ status: Int) -> String {
        if let message = error?.message { return "HTTP \(status): \(message)" }
        if let code = error?.code { return "HTTP \(status): error \(code)" }
        if bytes.contains(where: Self.isBinary) {
            return "HTTP \(status): \(bytes.count) bytes that are no text"
        }
        let text = String(decoding: bytes.prefix(4 * Self.shownLength), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(words.prefix(Self.shownLength))"
    }

    /// No text has these bytes, in whatever encoding.
    private static func isBinary(_ byte: UInt8) -> Bool {
        byte < 0x20 && !(0x07...0x0D).contains(byte) && byte != 0x1B
    }
}
