/// What a server answered: of a download the head alone, as the body went to a sink.
package struct HTTPResponse: Equatable, Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// What the body was made from, where that could not be decoded to its end.
    package var encoded: Encoded?

    /// An encoded body as it came.
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

    /// The length that the server announced for the body; nil where it announced none, or two. Chunks have an
    /// end of their own, and a length beside them says nothing (RFC 9112, 6.3).
    package var contentLength: Int64? {
        let lengths = announcedLengths
        guard let first = lengths.first, lengths.allSatisfy({ $0 == first }) else { return nil }
        return first
    }

    /// Whether two different lengths were announced: then nobody can know where the body ends.
    package var hasTwoLengths: Bool { Set(announcedLengths).count > 1 }

    private var announcedLengths: [Int64?] {
        let codings = words(of: "transfer-encoding").filter { $0 != "identity" }
        guard codings.isEmpty else { return [] }
        let texts = headers.values(of: "content-length").flatMap {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        return texts.map { text in
            let words = text.split { $0 == " " || $0 == "\t" }
            guard words.count == 1, words[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int64(words[0])
        }
    }

    /// Whether the body is the whole of what was asked for: as it is, or as somebody on the way has made it.
    package var isWholeFile: Bool { status == 200 || status == 203 }

    /// Whether the body is encoded in a way that can be decoded. Other words in this place are a server's
    /// mistake.
    package var isEncoded: Bool {
        let known: Set<String> = ["gzip", "x-gzip", "deflate", "br", "zstd"]
        return !encodings.isEmpty && encodings.allSatisfy(known.contains)
    }

    /// What the body went through, in that order.
    var encodings: [String] { words(of: "content-encoding").filter { $0 != "identity" } }

    private func words(of name: String) -> [String] {
        headers.values(of: name).flatMap { $0.lowercased().split { $0 == "," || $0 == " " }.map(String.init) }
    }

    /// How long the server asks to be left alone, by its own clock where it names the time.
    package var retryAfter: Duration? { RetryAfter.read(headers) }
}
