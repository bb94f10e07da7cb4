/// An answer. That of a download has no body, because the body went to a sink.
package struct HTTPResponse: Equatable, Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The body as it was received, if it could not be decoded to its end.
    package var encoded: Encoded?

    /// An encoded body as it was received.
    package struct Encoded: Equatable, Sendable {
        package var bytes: [UInt8]
        /// As in `Content-Encoding`.
        package var words: String
    }

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The length that the server announced for the body; nil if it announced none, or two. Chunks mark their
    /// own end, and a length beside them is ignored (RFC 9112, 6.3).
    package var contentLength: Int64? {
        let lengths = announcedLengths
        guard let first = lengths.first, lengths.allSatisfy({ $0 == first }) else { return nil }
        return first
    }

    /// Whether two different lengths were announced: then the end of the body is unknown.
    package var hasTwoLengths: Bool { Set(announcedLengths).count > 1 }

    private var announcedLengths: [Int64?] {
        guard words(of: "transfer-encoding").allSatisfy({ $0 == "identity" }) else { return [] }
        return headers.values(of: "content-length").flatMap { value in
            Self.isNumber(value)
                ? [Int64(value)]
                : value.split(separator: ",", omittingEmptySubsequences: false).map { text in
                    let words = text.split { $0 == " " || $0 == "\t" }
                    return words.count == 1 && Self.isNumber(words[0]) ? Int64(words[0]) : nil
                }
        }
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Whether the body is all of what was requested, maybe changed by a proxy (203).
    package var isWholeFile: Bool { status == 200 || status == 203 }

    /// Whether the body has an encoding that exists. Other names are a server's mistake.
    package var isEncoded: Bool {
        let encodings = encodings
        return !encodings.isEmpty && encodings.allSatisfy(Self.knownEncodings.contains)
    }

    private static let knownEncodings = ["gzip", "x-gzip", "deflate", "br", "zstd"]

    /// The encodings of the body, in the order in which they were applied.
    var encodings: [String] { words(of: "content-encoding").filter { $0 != "identity" } }

    private func words(of name: String) -> [String] {
        headers.values(of: name).flatMap { $0.lowercased().split { $0 == "," || $0 == " " }.map(String.init) }
    }

    /// How long the server asks us to wait, by its own clock if it names a time.
    package var retryAfter: Duration? { RetryAfter.read(headers) }
}
