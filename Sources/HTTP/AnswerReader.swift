/// Builds an answer's head from the lines that libcurl delivers one by one.
struct AnswerReader {
    /// More than any server sends, and little memory.
    static let maximumHeaderBytes = 1 << 16

    /// The lines of the last head, one after the other, and where each ends. They are read only if somebody
    /// wants to know them: most answers are only compared.
    private var lines: [UInt8] = []
    private var ends: [Int] = []
    private var status: Int?
    private(set) var body: [UInt8] = []
    /// Whether the blank line after the final answer's headers was read.
    private(set) var isComplete = false
    private var headerBytes = 0

    enum Line {
        case more
        /// The final answer's head is complete.
        case complete
        case tooLong
    }

    /// Nil if there was no status line.
    var response: HTTPResponse? {
        guard let status else { return nil }
        var response = HTTPResponse(status: status, body: body)
        for (start, end) in zip([0] + ends, ends) {
            unsafe lines.withUnsafeBytes { unsafe Self.readField($0[start..<end], into: &response.headers) }
        }
        return response
    }

    /// Nil if the answer is not complete.
    var digest: AnswerDigest? {
        isComplete ? status.map { AnswerDigest(status: $0, body: body) } : nil
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) { unsafe body.append(contentsOf: bytes) }

    mutating func read(line bytes: UnsafeRawBufferPointer) -> Line {
        headerBytes += bytes.count
        if headerBytes > Self.maximumHeaderBytes { return .tooLong }
        // Lines after the head are trailers, which are ignored.
        if isComplete { return .more }
        let line = unsafe Self.trimmed(bytes[...])
        if unsafe line.isEmpty {
            guard let status, status >= 200 else { return .more }
            isComplete = true
            return .complete
        }
        if unsafe line.starts(with: "HTTP/".utf8) {
            status = unsafe Self.status(line)
            lines.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
        } else {
            if lines.isEmpty { lines.reserveCapacity(256) }
            unsafe lines.append(contentsOf: bytes)
            ends.append(lines.count)
        }
        return .more
    }

    private static func readField(_ bytes: Slice<UnsafeRawBufferPointer>, into headers: inout HTTPHeaders) {
        let continues = unsafe bytes.first == 0x20 || bytes.first == 0x09
        let line = unsafe trimmed(bytes)
        if continues, let last = headers.fields.indices.last {
            headers.fields[last].value += unsafe " " + String(decoding: line, as: UTF8.self)
        } else if let colon = unsafe line.firstIndex(of: UInt8(ascii: ":")) {
            let name = unsafe String(decoding: trimmed(line[..<colon]), as: UTF8.self)
            let value = unsafe String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)
            headers.fields.append(HTTPHeaders.Field(name: name, value: value))
        }
    }

    /// The number in `HTTP/1.1 200 OK`; 0 if there is none.
    private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int {
        guard let space = unsafe line.firstIndex(of: 0x20) else { return 0 }
        return unsafe line[(space + 1)...].prefix(3).reduce(Int?(0)) { number, byte in
            number.flatMap { (0x30...0x39).contains(byte) ? $0 * 10 + Int(byte - 0x30) : nil }
        } ?? 0
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        var rest = unsafe bytes.drop(while: isBlank)
        while let last = unsafe rest.last, isBlank(last) { unsafe rest.removeLast() }
        return unsafe rest
    }
}
