/// Builds an answer's head from the lines that libcurl delivers one by one.
struct AnswerReader {
    /// More than any server sends, and little memory.
    static let maximumHeaderBytes = 1 << 16

    private(set) var response: HTTPResponse?
    /// Whether the blank line after the final answer's headers was read.
    private(set) var isComplete = false
    private var headerBytes = 0

    enum Line {
        case more
        /// The final answer's head is complete.
        case complete
        case tooLong
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) { unsafe response?.body.append(contentsOf: bytes) }

    mutating func read(line bytes: UnsafeRawBufferPointer) -> Line {
        headerBytes += bytes.count
        if headerBytes > Self.maximumHeaderBytes { return .tooLong }
        // Lines after the head are trailers, which are ignored.
        if isComplete { return .more }
        let line = unsafe Self.trimmed(bytes[...])
        if unsafe line.isEmpty {
            guard let status = response?.status, status >= 200 else { return .more }
            isComplete = true
            return .complete
        }
        if unsafe line.starts(with: "HTTP/".utf8) {
            response = HTTPResponse(status: unsafe Self.status(line))
        } else {
            unsafe readField(line, continues: bytes[0] == 0x20 || bytes[0] == 0x09)
        }
        return .more
    }

    private mutating func readField(_ line: Slice<UnsafeRawBufferPointer>, continues: Bool) {
        if continues, let last = response?.headers.fields.indices.last {
            response?.headers.fields[last].value += unsafe " " + String(decoding: line, as: UTF8.self)
        } else if let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) {
            let name = unsafe String(decoding: Self.trimmed(line[..<colon]), as: UTF8.self)
            let value = unsafe String(decoding: Self.trimmed(line[(colon + 1)...]), as: UTF8.self)
            response?.headers.fields.append(HTTPHeaders.Field(name: name, value: value))
        }
    }

    /// The number in `HTTP/1.1 200 OK`; 0 if there is none.
    private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int {
        guard let space = unsafe line.firstIndex(of: 0x20) else { return 0 }
        return unsafe Int(String(decoding: line[(space + 1)...].prefix(3), as: UTF8.self)) ?? 0
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        var rest = unsafe bytes.drop(while: isBlank)
        while let last = unsafe rest.last, isBlank(last) { unsafe rest.removeLast() }
        return unsafe rest
    }
}
