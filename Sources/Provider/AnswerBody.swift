internal import HTTP
internal import JSON

/// The body of an answer, read as far as possible: as JSON, as the service's error, or as text to show.
struct AnswerBody {
    /// How much is shown of a body that is not JSON.
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

    /// Whether it is a page, as proxies and CDNs send when the service cannot be reached.
    var isMarkup: Bool { bytes.first { $0 > 0x20 } == UInt8(ascii: "<") }

    /// The answer in one line.
    func reason(_ status: Int) -> String {
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
