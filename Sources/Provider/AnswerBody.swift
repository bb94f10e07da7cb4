internal import JSON

/// A body, read as far as it can be: as JSON, as the service's error, or as a few words to show.
struct AnswerBody {
    /// How much of a body that is no JSON is shown.
    static let shownLength = 200
    /// How much of an answer is kept for a person to look at.
    static let keptLength = 1 << 16

    let bytes: [UInt8]
    let json: JSON?
    let error: ServiceError?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        json = try? JSON(parsing: bytes)
        error = json.flatMap(ServiceError.init)
    }

    /// The raw text, bounded.
    var kept: String { String(decoding: bytes.prefix(Self.keptLength), as: UTF8.self) }

    /// Whether it is a page, as proxies and CDNs send when the service cannot be had.
    var isMarkup: Bool { bytes.first { $0 > 0x20 } == UInt8(ascii: "<") }

    /// One line that says what came.
    func reason(_ status: Int) -> String {
        if let message = error?.message { return "HTTP \(status): \(message)" }
        if let code = error?.code { return "HTTP \(status): error \(code)" }
        let text = String(decoding: bytes.prefix(4 * Self.shownLength), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(words.prefix(Self.shownLength))"
    }
}
