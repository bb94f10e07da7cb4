internal import JSON

/// One request on the wire: what has arrived of its body, and then its answer.
///
/// libmicrohttpd keeps it between its callbacks, which it calls one at a time.
final class Exchange {
    /// The largest input that RunComfy's own nodes send.
    static let largestBody = 64 << 20

    var body: [UInt8] = []
    var answer: Answer?
    var bytesSent = 0
}

/// An HTTP request, as far as the simulator reads it.
struct Call: Sendable {
    var method: String
    var path: String
    var arguments: [String: String]
    var authorization: String?
    var host: String?
    var range: String?
    var ifRange: String?
    var body: [UInt8]

    /// The address at which the caller found us, for the URLs in answers.
    var base: String { "http://\(host ?? "127.0.0.1")" }
}

/// An HTTP answer, or what takes its place.
struct Answer: Sendable {
    enum Length: Equatable {
        /// The length that is sent is the one that is announced.
        case exact
        /// Announces more than is sent; the connection then dies.
        case announced(Int)
        case chunked
        /// The body ends with the connection.
        case untilClose
    }

    var status: Int
    var headers: [(name: String, value: String)] = []
    var bytes: [UInt8] = []
    /// The part of `bytes` that is sent.
    var part: Range<Int>
    var length = Length.exact
    /// The connection dies after so many bytes of the part.
    var cutAfter: Int?
    var bytesPerSecond: Int?
    /// Seconds before the answer is sent.
    var delay = 0.0
    /// Whether it is sent only once another answer releases it.
    var isHeld = false
    var releasesHeld = false
    /// Whether the connection is closed without an answer.
    var isDropped = false

    init(status: Int, type: String?, bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
        part = 0..<bytes.count
        if let type { headers.append(("Content-Type", type)) }
    }

    static func text(_ status: Int, _ text: String) -> Answer {
        Answer(status: status, type: "text/plain", bytes: Array(text.utf8))
    }

    static func json(_ members: JSONObject, status: Int = 200) -> Answer {
        var bytes: [UInt8] = []
        JSON.object(members).write(into: &bytes)
        return Answer(status: status, type: "application/json", bytes: bytes)
    }

    static var dropped: Answer {
        var answer = Answer(status: 200, type: nil, bytes: [])
        answer.isDropped = true
        return answer
    }
}
