/// What a server answered: of a download the head alone, as the body went to a sink.
package struct HTTPResponse: Equatable, Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The length that the server announced for the body; nil where it announced none.
    package var contentLength: Int64? {
        headers["content-length"].flatMap(Int64.init).flatMap { $0 < 0 ? nil : $0 }
    }

    /// Whether the body is encoded in a way that can be decoded. Other words in this place are a server's mistake.
    package var isEncoded: Bool {
        let known: Set<Substring> = ["gzip", "x-gzip", "deflate", "br", "zstd"]
        let words = headers["content-encoding"]?.lowercased().split { $0 == "," || $0 == " " } ?? []
        return words.contains(where: known.contains)
            && words.allSatisfy { known.contains($0) || $0 == "identity" }
    }

    /// How long the server asks to be left alone, by its own clock where it names the time.
    package var retryAfter: Duration? { RetryAfter.read(headers) }
}
