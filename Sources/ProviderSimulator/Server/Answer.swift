internal import JSON

/// One HTTP answer, or what stands in its place.
struct Answer: Sendable {
    enum Length: Equatable {
        /// What is sent is what is announced.
        case exact
        /// Announces more than comes; the connection then dies.
        case announced(Int)
        case chunked
        /// The end of the connection is the end of the body.
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
    /// Seconds before the answer leaves.
    var delay = 0.0
    /// No answer: the connection is closed.
    var isDropped = false

    init(status: Int, type: String?, bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
        part = 0..<bytes.count
        if let type { headers.append(("Content-Type", type)) }
    }

    static func json(_ value: JSON, status: Int = 200) -> Answer {
        var bytes: [UInt8] = []
        value.write(into: &bytes)
        return Answer(status: status, type: "application/json", bytes: bytes)
    }

    static var dropped: Answer {
        var answer = Answer(status: 200, type: nil, bytes: [])
        answer.isDropped = true
        return answer
    }
}
