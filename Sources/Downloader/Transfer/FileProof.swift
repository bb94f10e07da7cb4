internal import Calendar
internal import HTTP
internal import JSON

/// What an answer said about its file. It shows whether a later answer is about the same file.
struct FileProof: Equatable, Sendable {
    var entityTag: String?
    var lastModified: String?
    /// The whole file's size.
    var total: Int64?
    /// Proves nothing; needed if the rest comes without it.
    var contentType: String?

    init(_ head: HTTPResponse) {
        // A proxy has changed a 203, and a range might be one of the original.
        let isOriginal = head.status != 203
        entityTag = isOriginal ? head.headers["etag"].flatMap { Self.isStrong($0) ? $0 : nil } : nil
        lastModified = isOriginal ? Self.strongDate(head.headers) : nil
        total = head.contentLength
        contentType = head.headers["content-type"].map { String($0.prefix(200)) }
    }

    init?(_ json: JSON) {
        guard json.object != nil else { return nil }
        entityTag = json["etag"]?.string
        lastModified = json["last_modified"]?.string
        total = json["total"]?.integer
        contentType = json["content_type"]?.string
    }

    /// The value for `If-Range`: nothing weak, since the bytes must be equal.
    var validator: String? { entityTag ?? lastModified }

    var members: [JSONObject.Member] {
        [
            JSONObject.Member(key: "etag", value: .optional(entityTag)),
            JSONObject.Member(key: "last_modified", value: .optional(lastModified)),
            JSONObject.Member(key: "total", value: .optional(total)),
            JSONObject.Member(key: "content_type", value: .optional(contentType)),
        ]
    }

    /// Whether a 206 continues the file, of which `offset` bytes are here.
    func isContinued(by head: HTTPResponse, at offset: Int64) -> Bool {
        guard let range = ContentRange(head.headers["content-range"]), range.start == offset else {
            return false
        }
        if let total, range.total != total { return false }
        // If the length of this part does not fit the range, the range means nothing.
        if let length = head.contentLength, let end = range.end, length != end - offset + 1 { return false }
        if let entityTag { return head.headers["etag"] == entityTag }
        // A date need not be repeated if the request contained it.
        return head.headers["last-modified"].map { $0 == lastModified } ?? true
    }

    private static func isStrong(_ tag: String) -> Bool {
        (2...500).contains(tag.utf8.count) && tag.hasPrefix("\"") && tag.hasSuffix("\"") && isSendable(tag)
    }

    /// It is sent back to the server as the value of a header.
    private static func isSendable(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// `Last-Modified` proves equal bytes only if the file had not changed for a while before the answer.
    private static func strongDate(_ headers: HTTPHeaders) -> String? {
        guard let text = headers["last-modified"], isSendable(text),
            let modified = CalendarTime(httpDate: text),
            let now = headers["date"].flatMap(CalendarTime.init(httpDate:)),
            now.milliseconds - modified.milliseconds >= 60_000
        else { return nil }
        return text
    }
}
