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

    /// How long the server asks to be left alone, by its own clock where it names the time.
    package var retryAfter: Duration? { RetryAfter.read(headers) }
}
